import json
from pathlib import Path

import polars as pl
import pytest

from chatloop.conversation import Conversation, Message
from chatloop.errors import UserError
from chatloop.io.tables import PREFERENCES, REJECTED_TURNS, TURNS, read_table, turns_of, write_table
from chatloop.params import CleanParams
from chatloop.params.file import read_params
from chatloop.reporting.data.lengths import histogram
from chatloop.stages.clean import clean

INS = ("turns.parquet", "preferences.parquet", "held_out.parquet")
OUTS = (
    "cleaned.parquet",
    "rejects.parquet",
    "judged.parquet",
    "gone.parquet",
    "aside.parquet",
    "aside_gone.parquet",
    "lengths.csv",
    "report.json",
)


@pytest.fixture
def params(root) -> CleanParams:
    return read_params(root / "params.yaml").clean


def table(*talks: list[str]) -> pl.DataFrame:
    roles = ("user", "assistant")
    return turns_of(
        (
            Conversation(f"c{n}", tuple(Message(roles[i % 2], s) for i, s in enumerate(said)))  # type: ignore[arg-type]
            for n, said in enumerate(talks)
        ),
        "test",
    )


def run(folder: Path, turns: pl.DataFrame, params: CleanParams) -> dict[str, dict[str, int]]:
    write_table(turns, folder / "turns.parquet")
    for name in INS[1:]:
        write_table(PREFERENCES.to_frame(), folder / name)
    clean(params, *(folder / name for name in INS), *(folder / name for name in OUTS))
    return json.loads((folder / "report.json").read_text())


def test_what_is_kept_and_what_is_rejected_is_written_with_its_counts(tmp_path, params, capsys):
    report = run(
        tmp_path, table(["My mail is a@b.co", "Noted: a@b.co"], ["Hi"], ["c@d.eu"]), params
    )
    kept = read_table(tmp_path / "cleaned.parquet", TURNS)
    rejects = read_table(tmp_path / "rejects.parquet", REJECTED_TURNS)
    assert kept["content"].to_list() == ["My mail is [EMAIL_1]", "Noted: [EMAIL_1]"]
    assert rejects.select("content", "stage", "reason").rows() == [
        ("Hi", "clean", "answer_missing"),
        ("[EMAIL_1]", "clean", "answer_missing"),
    ]
    assert report["conversations"] == {"in": 3, "out": 1, "rejected": 2}
    assert report["turns"] == {"in": 4, "out": 2, "rejected": 2}
    assert report["rejected_by_reason"]["answer_missing"] == 2
    assert report["redacted"]["email"] == 3
    assert list(report["redacted"]) == sorted(params.redact)
    assert (
        "clean: 3 conversations in, 1 out, 2 rejected: 2 answer_missing" in capsys.readouterr().out
    )


def test_the_same_rows_give_the_same_bytes(tmp_path, params):
    turns = table(*([f"{n} a@b.co", "Noted"] for n in range(30)), ["Hi"])
    bytes_of = []
    for name, rows in (("one", turns), ("two", turns.sample(fraction=1.0, shuffle=True, seed=1))):
        (tmp_path / name).mkdir()
        run(tmp_path / name, rows, params)
        bytes_of.append([(tmp_path / name / out).read_bytes() for out in OUTS])
    assert bytes_of[0] == bytes_of[1]


@pytest.mark.parametrize(
    ("talks", "message"),
    [
        ([["Hi"], ["Hi", ""]], "no conversation left of 2: 1 answer_missing, 1 empty_turn; mend"),
        ([], "no conversation came in; look at ingest"),
    ],
)
def test_nothing_left_is_an_error_with_its_reasons_and_nothing_is_written(
    talks, message, tmp_path, params
):
    with pytest.raises(UserError, match=message):
        run(tmp_path, table(*talks), params)
    assert not any((tmp_path / name).exists() for name in OUTS)


def test_the_histogram_counts_every_turn_in_twenty_bins():
    bars = histogram(table(["one", "1 2 3 4 5"], ["1 2 3 4 5 6", "w " * 500]))
    assert bars.columns == ["words", "turns", "user", "assistant", "system"]
    assert bars.filter(pl.col("turns") > 0).rows() == [
        ("01–05", 2, 1, 1, 0),
        ("06–10", 1, 1, 0, 0),
        ("96+", 1, 0, 1, 0),
    ]
    assert bars.height == 20
    assert bars["words"].is_sorted()
