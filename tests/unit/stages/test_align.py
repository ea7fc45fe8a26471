"""The align stage: what passes through, what learns, and that nothing else changes."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from chatloop.io.files import read_json
from chatloop.io.models.checkpoints import Checkpoints, Left
from chatloop.io.tables import PREFERENCES, read_table, write_table
from chatloop.params.data import Adapter
from tests.judged import judged
from tests.tuning import PATHS, Tuning

KIND, RUDE = "with pleasure, it left us today", "no"
PAIRS = [(f"p{at:02}", f"is parcel {at} late?", KIND, RUDE) for at in range(12)]
THUMBS = [
    *((f"u{at:02}", f"is letter {at} late?", KIND, None) for at in range(8)),
    *((f"w{at:02}", f"is box {at} late?", None, RUDE) for at in range(8)),
]


def test_too_few_judged_answers_pass_the_trained_model_on_as_it_is(
    tuning: Tuning, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tuning.align(PAIRS[:3])
    assert tuning.files("candidate") == tuning.files("trained")
    assert report["skipped_by_reason"]["too_few"] == report["rows"] == 3
    assert "3 of 3 judged answers can teach, align.min_rows asks for 4" in capsys.readouterr().out
    chosen = pl.read_parquet(tuning.root / "selection.parquet")
    assert chosen["reason"].to_list() == ["too_few"] * 3
    assert not chosen["learned"].any()
    assert not (tuning.root / ".dvc").exists()


def test_what_passes_through_needs_no_torch(tuning: Tuning, root: Path) -> None:
    params = yaml.safe_load((root / "params.yaml").read_text())
    (tuning.root / "params.yaml").write_text(yaml.safe_dump(params))
    write_table(judged([]), tuning.root / PATHS[0])
    code = (
        "import sys; from chatloop.stages import main, align; main(align.align); "
        "print(sorted({'torch', 'transformers', 'mlflow'} & set(sys.modules)))"
    )
    names = [f"--{name.split('.')[0]}" for name in PATHS]
    names[6], names[8] = "--report", "--held-out"
    flags = [word for pair in zip(names, PATHS, strict=True) for word in pair]
    done = subprocess.run(
        [sys.executable, "-c", code, *flags], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(root / "src")},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"
    assert tuning.report()["rows"] == 0
    assert read_table(tuning.root / "held_out.parquet", PREFERENCES).is_empty()
    assert tuning.files("candidate") == tuning.files("trained")


@pytest.mark.parametrize("rows", [PAIRS, THUMBS], ids=["dpo", "kto"])
def test_judged_answers_move_the_rewards_of_what_is_held_out_too(
    tuning: Tuning, rows: list[Any]
) -> None:
    report = tuning.align(rows, held_out_share=0.3)
    assert tuning.files("candidate") != tuning.files("trained")
    assert set(report["rewards"]) == {"learned", "held_out"}
    held = read_table(tuning.root / "held_out.parquet", PREFERENCES)
    assert held["conversation_id"].n_unique() == report["held_out"] > 0
    assert held.filter(pl.col("side") == "prompt").height == report["held_out"]
    chosen = pl.read_parquet(tuning.root / "selection.parquet")
    assert chosen.filter("learned").height == report["learned"]
    assert not set(chosen.filter("learned")["conversation_id"]) & set(held["conversation_id"])
    for found in report["rewards"].values():
        (kind,) = found.values()
        assert kind["accuracy"] > 0.8


def test_the_same_judged_answers_give_the_same_bytes_beside_what_is_replayed(
    tuning: Tuning,
) -> None:
    report = tuning.align([*PAIRS, *THUMBS], replay_share=1.0, epochs=3.0)
    first = tuning.files("candidate")
    assert tuning.align([*PAIRS, *THUMBS], replay_share=1.0, epochs=3.0) == report
    assert tuning.files("candidate") == first
    assert read_json(tuning.root / "candidate/card.json")["aligned"]["rows"] == 28
    assert report["kinds"] == {"pair": 12, "up": 8, "down": 8}
    assert not (tuning.root / "scratch").exists()


class Ends(Checkpoints):
    """Asks itself to leave after the fourth step."""

    def wants(self, step: int) -> bool:
        if step == 4:
            os.kill(os.getpid(), signal.SIGINT)
            self.leave.wait()
        return super().wants(step)


def test_an_interruption_changes_no_bit(tuning: Tuning, monkeypatch: pytest.MonkeyPatch) -> None:
    report, whole = tuning.align(PAIRS), tuning.files("candidate")
    with monkeypatch.context() as patched, pytest.raises(Left):
        patched.setattr("chatloop.io.models.checkpoints.Checkpoints", Ends)
        tuning.align(PAIRS)
    assert list((tuning.root / "scratch").glob("*/step-00000004"))
    assert tuning.align(PAIRS) == report
    assert tuning.files("candidate") == whole


def test_it_stops_at_the_bound_with_the_last_weights_within_it(
    tuning: Tuning, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = [(name, asked, "QXZ!? 77", good) for name, asked, good, _ in PAIRS]
    held = tuning.align(odd, evaluate_every=1, max_bpb_rise=0.02)
    assert 0 < held["kept_step"] < held["steps_done"] < held["steps"]
    assert 0.0 < held["validation_bits_per_byte_rise"] <= 0.02
    assert "stopped by align.max_bpb_rise 0.02" in capsys.readouterr().out
    none = tuning.align(odd, max_bpb_rise=0.0, learning_rate=0.1)
    assert none["kept_step"] == 0
    assert not pl.read_parquet(tuning.root / "selection.parquet")["learned"].any()
    assert tuning.files("candidate") == tuning.files("trained")


def test_an_adapter_is_merged(tuning: Tuning) -> None:
    report = tuning.align(PAIRS, adapter=Adapter(rank=4), learning_rate=1.0e-2)
    assert report["kept_step"] == report["steps"]
    assert (tuning.root / "candidate/adapter").is_dir()


def test_answers_that_do_not_fit_are_said_and_too_few_are_left(tuning: Tuning) -> None:
    long = [(f"x{at}", f"letter {at}", "very " * 60, RUDE) for at in range(3)]
    report = tuning.align([*PAIRS[:4], *long])
    assert report["skipped_by_reason"]["too_long"] == 3
    assert report["learned"] == 4
