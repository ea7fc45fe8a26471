"""From files of every kind to turns, judged answers and a quarantine, and nothing lost between."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.conversation import ROLES
from chatloop.errors import UserError
from chatloop.io.files import read_json
from chatloop.io.sources import intake
from chatloop.io.tables import PREFERENCES, QUARANTINE, read_table
from chatloop.params.sources import Builtin, Columns, IngestParams, Source
from chatloop.stages.ingest import ingest
from tests.records import RECORDS, SOURCES

GOOD = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}


class Ingested:
    """What the stage wrote."""

    def __init__(self, folder: Path) -> None:
        self.turns = read_table(folder / "turns.parquet")
        self.preferences = read_table(folder / "preferences.parquet", PREFERENCES)
        self.quarantine = read_table(folder / "quarantine.parquet", QUARANTINE)
        self.report: dict[str, Any] = read_json(folder / "report.json")
        names = ("turns.parquet", "preferences.parquet", "quarantine.parquet", "report.json")
        self.bytes = [(folder / name).read_bytes() for name in names]

    def contents(self) -> list[list[str]]:
        by = self.turns.group_by("conversation_id", maintain_order=True).agg("content")
        return by["content"].to_list()


Run = Callable[..., Ingested]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    def run(*sources: Source) -> Ingested:
        out = tmp_path_factory.mktemp("out")
        params = IngestParams(sources=sources, builtin=Builtin(conversations=50, seed=1))
        names = (
            "pin.json",
            "snapshot.json",
            "reviews.json",
            "turns.parquet",
            "preferences.parquet",
            "quarantine.parquet",
            "feedback.parquet",
            "held_out.parquet",
            "report.json",
            "opinions.json",
        )
        ingest(params, *(out / name for name in names))
        return Ingested(out)

    return run


def written(folder: Path, name: str, record: Any) -> Path:
    """A record as a file of the kind that its format comes in."""
    kind = {"transcript": "txt", "rasa_stories": "yml", "rasa_tests": "yml", "questions": "yaml"}
    path = folder / f"{name}.{kind.get(name, 'csv' if name == 'table' else 'jsonl')}"
    if name == "transcript":
        path.write_text(record)
    elif name == "table":
        rows = [record, {**record, "role": "assistant", "content": "Hello"}]
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, record)
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_text(
            yaml.safe_dump(record) if path.suffix in {".yml", ".yaml"} else json.dumps(record)
        )
    return path


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_every_format_is_found_from_a_file_of_it(
    name: str, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = RECORDS[name]
    if name == "rasa_stories":
        record = record | {
            "responses": {"utter_greet": [{"text": "Hello"}]},
            "nlu": [{"intent": "greet", "examples": "- Hi"}],
        }
    elif name == "rasa_tests":
        record = record | {"responses": {"utter_greet": [{"text": "Hello"}]}}
    path = written(tmp_path, name, record)
    told = SOURCES.get(name, Source(path="-")).model_copy(update={"path": str(path)})
    got = run(told)
    assert f"as {name}, found from its records: " in capsys.readouterr().out
    assert got.report["quarantined"] == got.quarantine.height == 0
    assert got.report["records_read"] == got.report["records_kept"] > 0
    assert got.turns["role"].to_list()[-1] == "assistant"


def test_rows_in_are_conversations_preferences_and_rejects(run: Run, tmp_path: Path) -> None:
    rows = [
        {"id": "a", "prompt": "Hi", "completion": "Hello", "label": True},
        {"id": "a", "prompt": "Hi", "completion": "What?", "label": False},
        {"id": "b", "prompt": "Hi", "completion": 3, "label": True},
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([*map(json.dumps, rows), "{"]))
    got = run(Source(path=str(path)))
    assert got.report["records_read"] == 4
    assert (got.report["records_kept"], got.report["quarantined"]) == (2, 2)
    assert got.report["preferences"] == {"pairs": 0, "up": 1, "down": 1}
    assert got.contents() == [["Hi", "Hello"]]
    sides = got.preferences.select("conversation_id", "side", "content").rows()
    assert sides == [
        ("a", "prompt", "Hi"), ("a", "chosen", "Hello"), ("a~2", "prompt", "Hi"), ("a~2", "rejected", "What?"),
    ]  # fmt: skip
    assert got.quarantine.select("line", "reason").rows() == [(3, "no_messages"), (4, "not_json")]
    assert got.quarantine["record"][1] == "{"


def test_a_broken_first_record_does_not_decide(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(["{", "3", '{"a": 1}', json.dumps(GOOD)]))
    got = run(Source(path=str(path)))
    assert got.report["quarantined_by_reason"] == {
        "no_messages": 1,
        "not_an_object": 1,
        "not_json": 1,
    }
    assert got.report["conversations"] == 1


def test_two_formats_in_a_folder_are_a_question(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(GOOD))
    (tmp_path / "b.json").write_text(json.dumps([RECORDS["sgd"]]))
    with pytest.raises(
        UserError, match=r"fits messages \(.*a\.jsonl line 1\) and sgd \(.*b\.json"
    ) as caught:
        run(Source(path=str(tmp_path)))
    assert "\n" not in str(caught.value)


def test_rows_of_a_conversation_need_not_stand_together(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    rows = ["chat,who,text", "1,user,a", "2,user,x", "1,bot,b", ",user,lost", "2,bot,y", "1,user,c"]
    path.write_bytes(gzip.compress("\n".join(rows).encode(), mtime=0))
    columns = Columns(conversation="chat", role="who", content="text")
    got = run(Source(path=str(path), columns=columns))
    assert got.contents() == [["x", "y"], ["a", "b", "c"]]
    assert got.quarantine.select("line", "reason").rows() == [(5, "bad_id")]


def test_a_rasa_project_is_read_with_what_its_other_files_say(run: Run, tmp_path: Path) -> None:
    files = {
        "domain.yml": "responses:\n  utter_greet:\n  - text: Hello\n",
        "data/nlu.yml": "nlu:\n- intent: greet\n  examples: |\n    - Hi\n    - hey\n",
        "data/rules.yml": "rules:\n- rule: r\n  steps:\n  - intent: greet\n",
        "data/stories.yml": "stories:\n- story: s\n  steps:\n  - intent: greet\n  - action: utter_greet\n"
        "- story: t\n  steps:\n  - intent: greet\n  - action: action_weather\n",
        "endpoints.yml": "# nothing\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    got = run(Source(path=str(tmp_path)))
    assert got.contents() == [["Hi", "Hello"]]
    assert got.quarantine.select("line", "reason").rows() == [(2, "no_text")]


def test_parts_of_a_record_that_are_rejected_are_quarantined_beside_what_is_kept(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("questions:\n- {question: [Hi, [x]], answer: Hello}\n- {question: Bye}\n")
    got = run(Source(path=str(path)))
    assert (got.report["records_read"], got.report["records_kept"], got.report["quarantined"]) == (
        2,
        1,
        1,
    )
    assert got.turns["conversation_id"].unique().to_list() == ["a.yaml:1#1"]
    assert got.quarantine["reason"].to_list() == ["not_text", "no_answer"]


def test_the_same_input_gives_the_same_bytes_however_it_is_parted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        "\n".join([json.dumps(GOOD | {"id": str(n)}) if n % 9 else "{" for n in range(300)])
    )
    whole = run(Source(path=str(path)))
    assert run(Source(path=str(path))).bytes == whole.bytes
    monkeypatch.setattr(intake, "ROWS", 50)
    parted = run(Source(path=str(path)))
    assert parted.turns.equals(whole.turns)
    assert parted.quarantine.equals(whole.quarantine)
    assert pl.read_parquet_metadata(io.BytesIO(whole.bytes[0])) is not None


def test_an_id_taken_many_times_costs_no_search(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        "\n".join([json.dumps(GOOD | {"id": "a"})] * 3000 + [json.dumps(GOOD | {"id": "a~2"})])
    )
    got = run(Source(path=str(path)))
    assert got.turns["conversation_id"].n_unique() == 3001
    assert got.report["ids_renamed"] == 3000


def test_strange_text_comes_through_as_text(run: Run, tmp_path: Path) -> None:
    strange = ["\ud800", "\x00", "é\ufeff", "😀", "\u202e"]
    talk = {"messages": [{"role": "user", "content": text} for text in strange]}
    (tmp_path / "a.jsonl").write_text(json.dumps(talk))
    got = run(Source(path=str(tmp_path / "a.jsonl")))
    assert got.contents() == [["\ufffd", "\x00", "é\ufeff", "😀", "\u202e"]]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(RECORDS) - {"transcript"}))
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_whatever_a_file_holds_no_record_is_lost(
    name: str, run: Run, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """A good record, then strange ones; each is kept or quarantined."""
    key = st.sampled_from(sorted(RECORDS[name]))
    changed = st.builds(lambda k, v: RECORDS[name] | {k: v}, key, json_values)
    strange = data.draw(st.lists(changed | json_values, max_size=4))
    path = tmp_path_factory.mktemp("strange") / "a.jsonl"
    lines = [json.dumps(one) for one in (GOOD if name == "messages" else RECORDS[name], *strange)]
    path.write_text("\n".join(lines))
    told = SOURCES.get(name, Source(path="-")).model_copy(
        update={"path": str(path), "format": name}
    )
    try:
        got = run(told)
    except UserError as error:
        assert str(error).startswith("no conversation in any source; ")
        assert name.startswith("rasa") or name in {"kto", "table"}
        return
    report = got.report
    assert report["records_read"] == report["records_kept"] + report["quarantined"]
    assert set(got.turns["role"]) <= set(ROLES)
    assert got.turns["content"].null_count() == 0
    assert sum(report["quarantined_by_reason"].values()) == got.quarantine.height
    if name not in {
        "topical_chat",
        "questions",
        "dialogflow_cx",
        "oasst",
        "table",
    } and not name.startswith("rasa"):
        assert report["records_read"] == len(lines)
