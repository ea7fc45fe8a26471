import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from transformers import GPT2Config

from chatloop.errors import DataError, UserError
from chatloop.io.tables import SPLIT_TURNS, write_table
from chatloop.io.tokens import read_packed
from chatloop.params import TokenizeParams
from chatloop.params.data import Canaries
from chatloop.stages.tokenize import tokenize
from chatloop.tokens.packing import supervising
from tests.stage_reports import CLEAN, INGEST, SPLIT

READS = ("train", "validation", "base", "ingest", "clean", "split")
WRITES = ("out", "ledger.json", "ledger.html", "preview.html")


@pytest.fixture
def place(tmp_path: Path, chatml: Any) -> Path:
    rows = [
        (f"c{n}", turn, role, text * (1 + 9 * (n == 3)), [], "test", f"c{n}", None)
        for n in range(4)
        for turn, (role, text) in enumerate([("user", "where is it"), ("assistant", "on its way")])
    ]
    for name in ("train", "validation"):
        write_table(pl.DataFrame(rows, schema=SPLIT_TURNS, orient="row"), tmp_path / name)
    chatml.save_pretrained(tmp_path / "base")
    GPT2Config(n_positions=512).save_pretrained(tmp_path / "base")
    for name, report in (("ingest", INGEST), ("clean", CLEAN), ("split", SPLIT)):
        (tmp_path / name).write_text(json.dumps(report))
    return tmp_path


def run(
    place: Path, context: int, limit: float, canaries: Canaries | None = None
) -> dict[str, Any]:
    params = TokenizeParams(
        context=context, too_long="split", max_lost_answer_share=limit, canaries=canaries
    )
    paths = [place / name for name in (*READS, *WRITES)]
    try:
        tokenize(params, *paths)
    finally:
        ledger = json.loads((place / "ledger.json").read_text())
    return ledger


def run_only(place: Path) -> None:
    params = TokenizeParams(context=256, too_long="split", max_lost_answer_share=0.0)
    tokenize(params, *[place / name for name in (*READS, *WRITES)])


def test_the_ledger_has_every_step_and_every_token(place: Path) -> None:
    ledger = run(place, 256, 0.0)
    assert [step["step"] for step in ledger["steps"]] == ["ingest", "clean", "validate", "split"]
    tokens = ledger["train"]["tokens"]
    assert tokens["read"] == tokens["supervised"] + tokens["masked"]
    assert "dropped_masked" in (place / "ledger.html").read_text()
    assert "token supervised" in (place / "preview.html").read_text()


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        ("config.json", {"vocab_size": 200}, "do not belong together"),
        ("tokenizer_config.json", {"pad_token": None}, "no pad token"),
    ],
)
def test_a_tokenizer_that_cannot_be_trained_with_is_one_line(
    place: Path, file: str, change: dict[str, Any], says: str
) -> None:
    path = place / "base" / file
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match=says):
        run_only(place)


def test_a_template_that_fails_is_one_line_before_anything_is_written(place: Path) -> None:
    (place / "base" / "chat_template.jinja").write_text("{{ raise_exception('not today') }}")
    with pytest.raises(UserError, match="refuses a conversation: not today"):
        run_only(place)
    assert not (place / "out").exists()


def test_the_last_answers_are_marked_and_their_bytes_counted(place: Path) -> None:
    run(place, 256, 0.0)
    packed = read_packed(place / "out" / "train")
    assert isinstance(packed.ids, np.memmap)
    last = supervising(packed, "last")
    assert packed.supervised.sum() == last.supervised.sum()  # one answer a conversation
    manifest = json.loads((place / "out" / "manifest.json").read_text())["train"]
    assert manifest["last_answer_bytes"] == manifest["answer_bytes"]


def test_too_many_lost_answers_stop_after_the_ledger_is_written(place: Path) -> None:
    with pytest.raises(DataError, match=r"train: .*% of the answers' tokens are lost, too long"):
        run(place, 64, 0.3)
    assert not (place / "out").exists()
    assert run(place, 64, 1.0)["train"]["lost_answer_share"] > 0.3


def test_canaries_are_planted_into_training_alone_and_go_when_switched_off(place: Path) -> None:
    plain = run(place, 256, 0.0)
    before = (place / "out" / "train" / "ids.npy").read_bytes()
    canaries = Canaries(repeats=(1, 3), each=2, digits=4, seed=1)
    ledger = run(place, 256, 0.0, canaries)
    assert ledger["train"]["canaries"] == {"different": 4, "conversations": 8}
    assert ledger["train"]["conversations"]["whole"] == plain["train"]["conversations"]["whole"] + 8
    assert ledger["validation"] == plain["validation"]
    assert "8 of the conversations are canaries" in (place / "ledger.html").read_text()
    planted = json.loads((place / "out" / "canaries.json").read_text())
    assert [one["repeats"] for one in planted] == [0, 0, 1, 1, 3, 3]
    assert run(place, 256, 0.0) == plain
    assert (place / "out" / "train" / "ids.npy").read_bytes() == before
    assert not (place / "out" / "canaries.json").exists()
