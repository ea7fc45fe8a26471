"""Every answer scored and some written anew, with small models in a project of three folders."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from transformers import GPT2Config, GPT2LMHeadModel, set_seed

from chatloop.conversation import Conversation, Message
from chatloop.errors import UserError
from chatloop.io.files import digests, write_json
from chatloop.io.models import hub
from chatloop.io.tables import TURNS, turns_of, write_table
from chatloop.io.tokens import write_packed
from chatloop.params.evaluate import Asked, EvaluateParams, Spans, Speed
from chatloop.params.file import read_params
from chatloop.stages.evaluate import evaluate
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import pack
from chatloop.tokens.rendering import Renderer
from tests.judged import judged
from tests.judges import judge_server

OUTS = {
    "scores": "scores.parquet", "answers": "answers.parquet", "generations": "generations.json",
    "by_slice": "slices.csv", "report": "evaluate.json", "behaviours": "behaviours.json",
    "preferences": "preferences.parquet", "probe": "probe.json", "pace": "speed.json", "replies": "replies",
}  # fmt: skip
CHANGED = {
    "batch_rows": 4, "generations": 3, "max_new_tokens": 6, "temperature": 0.9, "threads": 1,
}  # fmt: skip
ROOT = Path(__file__).parents[3]
FOLDERS = ("base", "candidate", "champion", "tokens", "cases")
CASES = """
- name: says_something
  question: where is my order
  min_words: 0
- name: keeps_cards_to_itself
  question: where is it
  no_personal_data: true
  must: true
"""


def talks(count: int) -> list[Conversation]:
    return [
        Conversation(
            f"c{at}",
            (
                Message("user", f"where is my order {at}"),
                Message("assistant", f"your order {at * 7} left us today"),
                Message("user", "thanks"),
                Message("assistant", "bye"),
            ),
            ("orders",) if at % 2 else (),
        )
        for at in range(count)
    ]


def model_at(folder: Path, tokenizer: Any, seed: int, context: int = 128) -> None:
    set_seed(seed)
    config = GPT2Config(
        vocab_size=len(tokenizer), n_positions=context, n_embd=16, n_layer=1, n_head=2,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    hub.save(GPT2LMHeadModel(config).eval(), tokenizer, folder)
    write_json(folder / hub.CARD, {"trained_context": 128})


def small() -> EvaluateParams:
    shipped = read_params(ROOT / "params.yaml").evaluate
    return shipped.model_copy(
        update=CHANGED
        | {
            "speed": Speed(prompts=1, new_tokens=3, rounds=1),
            "probe": shipped.probe.model_copy(
                update={
                    "spans": Spans(count=4, prefix=2, tokens=4, least=2),
                    "personal": Asked(prompts=3, max_new_tokens=4, temperature=1.0, kinds=None),
                    "texts": 4,
                }
            ),
        }
    )


@pytest.fixture
def project(tmp_path: Path, chatml: Any) -> Path:
    for name, seed in (("base", 1), ("candidate", 2), ("champion", 3)):
        model_at(tmp_path / name, chatml, seed)
    write_json(
        tmp_path / "champion/champion.json", {"version": 1, "files": digests(tmp_path / "champion")}
    )
    write_table(turns_of(talks(7), "shop"), tmp_path / "test.parquet")
    write_table(turns_of(talks(2), "shop"), tmp_path / "train.parquet")
    fitted = Fitter(Renderer(chatml), 128, "split").fit(talks(2))
    write_packed(pack(fitted.examples, 128, chatml.pad_token_id), tmp_path / "tokens" / "train")
    write_json(tmp_path / "clean.json", {})
    for name in ("judged", "held_out"):
        write_table(judged([]), tmp_path / f"{name}.parquet")
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "mine.yaml").write_text(CASES)
    return tmp_path


def run(project: Path, params: EvaluateParams | None = None) -> dict[str, Any]:
    tables = ("test", "train", "judged", "held_out")
    inputs = {name: project / f"{name}.parquet" for name in tables}
    inputs |= {name: project / name for name in FOLDERS} | {"clean": project / "clean.json"}
    outs = {name: project / "out" / file for name, file in OUTS.items()}
    evaluate(params or small(), **inputs, **outs)
    found: dict[str, Any] = json.loads((project / "out" / "evaluate.json").read_text())
    return found


def test_answers_add_up_to_conversations_and_these_to_the_totals(project: Path) -> None:
    report = run(project)
    each = pl.read_parquet(project / "out/answers.parquet")
    table = pl.read_parquet(project / "out/scores.parquet")
    for name in ("candidate", "champion", "base"):
        sums = (
            each.group_by("conversation_id")
            .agg(pl.col(f"^{name}_.*$").sum())
            .sort("conversation_id")
        )
        assert sums[f"{name}_nats"].to_list() == pytest.approx(table[f"{name}_nats"].to_list())
        assert sums[f"{name}_correct"].to_list() == table[f"{name}_correct"].to_list()
        share = table[f"{name}_correct"].sum() / table[f"{name}_tokens"].sum()
        assert report["token_accuracy"][name] == share
    assert each["turn"].to_list() == [1, 3] * 7
    assert each["depth"].to_list() == ["1st answer", "2nd answer"] * 7
    assert table["source"].unique().to_list() == ["shop"]
    assert table["turns"].unique().to_list() == [4]
    assert report["written"]["answers"] == 6


def test_parts_are_counted_and_the_whole_is_the_only_source(project: Path) -> None:
    report = run(project)
    parts = {(row["by"], row["slice"]): row for row in report["slices"]}
    assert parts["topic", "orders"]["conversations"] == 3
    assert parts["topic", "none"]["answers"] == 8
    assert parts["source", "shop"]["bits_per_byte"] == pytest.approx(
        report["bits_per_byte"]["candidate"]
    )
    assert sum(row["answers"] for row in report["slices"] if row["by"] == "length") == 14
    assert all(row["low"] <= row["bits_per_byte"] <= row["high"] for row in report["slices"])


def test_written_answers_are_those_of_every_turn(project: Path) -> None:
    run(project)
    rows = json.loads((project / "out/generations.json").read_text())
    assert len(rows) == 6
    assert [len(row["messages"]) for row in rows[:2]] == [1, 3]
    assert all(
        {"candidate", "champion", "base", "reference", "sampled"} <= row.keys() for row in rows
    )


def test_the_same_inputs_are_the_same_bytes(project: Path) -> None:
    run(project)
    (project / "out" / "speed.json").unlink()
    first = digests(project / "out")
    run(project)
    (project / "out" / "speed.json").unlink()
    assert digests(project / "out") == first


def test_without_a_champion_the_base_is_the_rival(project: Path) -> None:
    for path in (project / "champion").iterdir():
        path.unlink()
    write_json(project / "champion/champion.json", {"version": None})
    report = run(project)
    assert set(report["bits_per_byte"]) == {"candidate", "base"}
    assert pl.read_parquet(project / "out/scores.parquet")["champion_nats"].is_null().all()
    assert all(row["champion"] is None for row in report["slices"])


def test_what_one_model_cannot_hold_counts_for_none(project: Path, chatml: Any) -> None:
    model_at(project / "base", chatml, 1, context=64)
    long = Conversation("long", (Message("user", "x " * 60), Message("assistant", "too long")))
    write_table(turns_of([*talks(3), long], "shop"), project / "test.parquet")
    report = run(project)
    assert (report["conversations"], report["comparable"]) == (4, 3)
    assert sum(row["answers"] for row in report["slices"] if row["by"] == "source") == 6


def test_broken_weights_are_scores_that_are_no_numbers(project: Path, chatml: Any) -> None:
    model = hub.load_model(project / "candidate")
    model.transformer.wte.weight.data.fill_(float("nan"))
    hub.save(model, chatml, project / "candidate")
    assert run(project)["bits_per_byte"]["candidate"] is None
    assert pl.read_parquet(project / "out/scores.parquet")["candidate_nats"].is_nan().all()


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (lambda p: (p / "test.parquet").unlink(), "test.parquet: is not a whole Parquet table"),
        (
            lambda p: write_table(TURNS.to_frame(), p / "test.parquet"),
            "test.parquet: has no conversations",
        ),
        (lambda p: (p / "champion/model.safetensors").unlink(), "model.safetensors: is gone"),
        (lambda p: write_json(p / "champion/config.json", {}), "config.json: is not what was"),
        (lambda p: (p / "champion/champion.json").unlink(), "champion.json: is missing"),
    ],
)
def test_what_is_gone_or_altered_is_one_line(project: Path, breaks: Any, says: str) -> None:
    breaks(project)
    with pytest.raises(UserError, match=rf"^[^\n]*{says}[^\n]*$"):
        run(project)


def test_the_candidate_is_probed_and_timed_beside_the_champion(project: Path) -> None:
    run(project)
    probe, pace = (json.loads((project / f"out/{n}.json").read_text()) for n in ("probe", "speed"))
    assert probe["canaries"] is None
    assert probe["extraction"]["beyond_control"] == 0
    assert probe["personal_data"]["answers"] == 6
    assert set(probe["forgetting"]["bits_per_byte"]) == {"candidate", "champion", "base"}
    assert list(pace) == ["candidate", "champion"]
    assert pace["candidate"]["tokens_per_second"] > 0
    assert pace["candidate"]["flops_per_token"] == pace["champion"]["flops_per_token"]


def test_behaviour_cases_are_asked_of_candidate_and_champion(project: Path) -> None:
    run(project)
    found = json.loads((project / "out/behaviours.json").read_text())
    assert found["candidate"]["passed"] == found["champion"]["passed"] == 2
    assert "base" not in found
    assert "judge" not in found


def test_the_judge_is_asked_in_both_orders_and_a_second_run_asks_nothing(project: Path) -> None:
    (project / "cases/mine.yaml").write_text("- {name: a, question: q, rubric: is kind}")
    with judge_server() as server:
        shipped = small()
        named = {"url": f"http://127.0.0.1:{server.server_port}/v1", "model": "judge"}
        judge = shipped.judge.model_copy(update=named)
        run(project, shipped.model_copy(update={"judge": judge}))
        first = (project / "out/behaviours.json").read_bytes()
        run(project, shipped.model_copy(update={"judge": judge}))
    assert len(server.seen) == 2
    assert (project / "out/behaviours.json").read_bytes() == first
    judged = json.loads(first)["judge"]
    assert (judged["compared"], judged["ties"], judged["agrees_with_itself"]) == (1, 1, 0.0)
    shutil.rmtree(project / "out/replies")


def test_a_case_with_a_typo_is_named_before_a_model_is_loaded(project: Path) -> None:
    (project / "cases/mine.yaml").write_text("- {name: a, question: q, contians: b}")
    shutil.rmtree(project / "candidate")
    with pytest.raises(
        UserError, match=r"mine.yaml: line 1: contians: no such key \(meant: contains"
    ):
        run(project)
