"""A training that is interrupted anywhere ends in the bits of one that was not."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel

from chatloop.io.models import checkpoints as io_checkpoints
from chatloop.io.models.checkpoints import Checkpoints, Left, signals_set
from chatloop.modeling.scoring import be_deterministic
from chatloop.params import TrainParams
from chatloop.tokens.packing import Packed
from chatloop.training.loop import train_model
from chatloop.training.progress import NoKeeper, Point, Progress
from chatloop.training.snapshots import Snapshot

PARAMS = TrainParams(
    epochs=3.0, batch_rows=2, optimizer="muon", learning_rate=1e-2, schedule="cosine", rows_at_once=8, warmup_share=0.1,
    weight_decay=0.1, clip_norm=1.0, supervise="all", evaluate_every=7, checkpoint_every=4, device="cpu", threads=2,
    seed=3,
)  # fmt: skip
STEPS = 24
SHAPE = {"vocab_size": 60, "n_positions": 16, "n_embd": 16, "n_layer": 1, "n_head": 2}


def model(dropout: float) -> Any:
    torch.manual_seed(1)
    chances = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), dropout)
    return GPT2LMHeadModel(GPT2Config(**SHAPE, **chances, bos_token_id=None, eos_token_id=1))


def packed(seed: int = 5) -> Packed:
    generator = np.random.default_rng(seed)
    ids = generator.integers(2, 60, (16, 16)).astype(np.int32)
    positions = np.tile(np.arange(16, dtype=np.int32), (16, 1))
    owner = np.repeat(np.arange(16, dtype=np.int32)[:, None], 16, axis=1)
    supervised = generator.random((16, 16)) < 0.5
    return Packed(ids, positions, supervised, owner, supervised)


class Interrupted(Exception):  # noqa: N818
    """As if the process had ended."""


class EndsAfter(NoKeeper):
    """Keeps checkpoints as `kept` does, and ends after a step."""

    def __init__(self, kept: Checkpoints, step: int) -> None:
        self.kept, self.step = kept, step

    def newest(self) -> Any:
        return self.kept.newest()

    def wants(self, step: int) -> bool:
        if step > self.step:
            self.kept._wait()
            raise Interrupted
        return self.kept.wants(step)

    def keep(self, progress: Progress, snapshot: Snapshot) -> None:
        self.kept.keep(progress, snapshot)


def run(keeper: Any, dropout: float = 0.0, params: TrainParams = PARAMS) -> tuple[str, list[Point]]:
    """sha256 of the weights at the end, and the curve without its speed."""
    be_deterministic(params.seed, params.threads)
    trained = model(dropout)
    points = list(train_model(trained, packed(), packed(), 100, params, keeper))
    weights = b"".join(p.detach().numpy().tobytes() for p in trained.parameters())
    return hashlib.sha256(weights).hexdigest(), [point_without_speed(p) for p in points]


def point_without_speed(point: Point) -> Point:
    return Point(**{**vars(point), "speed": 0.0, "supervised_speed": 0.0})


def checkpoints(folder: Path, said: list[str] | None = None) -> Checkpoints:
    heard = said if said is not None else []
    return Checkpoints(folder, "f" * 8, PARAMS.checkpoint_every, heard.append)


@pytest.fixture(scope="module")
def whole() -> dict[float, tuple[str, list[Point]]]:
    return {dropout: run(NoKeeper(), dropout) for dropout in (0.0, 0.2)}


@pytest.mark.parametrize("dropout", [0.0, 0.2])
@settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ends=st.lists(st.integers(1, STEPS - 1), min_size=1, max_size=3))
def test_interrupted_anywhere_and_often_it_ends_in_the_same_bits(
    whole: dict[float, Any], tmp_path_factory: pytest.TempPathFactory, dropout: float,
    ends: list[int],
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("scratch")
    for end in ends:
        with pytest.raises(Interrupted):
            run(EndsAfter(checkpoints(folder), end), dropout)
    assert run(checkpoints(folder), dropout) == whole[dropout]


def test_adamw_goes_on_in_the_same_bits_too(tmp_path: Path) -> None:
    params = PARAMS.model_copy(update={"optimizer": "adamw"})
    with pytest.raises(Interrupted):
        run(EndsAfter(checkpoints(tmp_path), 13), params=params)
    assert run(checkpoints(tmp_path), params=params) == run(NoKeeper(), params=params)


@pytest.mark.parametrize("damage", ["cut", "flipped", "no_manifest", "no_progress"])
def test_a_damaged_checkpoint_is_named_and_never_resumed_from(
    whole: dict[float, Any], tmp_path: Path, damage: str
) -> None:
    with pytest.raises(Interrupted):
        run(EndsAfter(checkpoints(tmp_path), 9))
    (kept,) = (tmp_path / ("f" * 8)).iterdir()
    tensors = kept / "tensors.safetensors"
    content = bytearray(tensors.read_bytes())
    if damage == "cut":
        tensors.write_bytes(content[:-100])
    elif damage == "flipped":
        content[-5] ^= 1
        tensors.write_bytes(content)
    else:
        (kept / f"{damage.removeprefix('no_')}.json").unlink()
    said: list[str] = []
    assert run(checkpoints(tmp_path, said)) == whole[0.0]
    assert "step-00000008: damaged" in said[0]


def test_another_fingerprint_resumes_nothing_and_the_end_clears_all(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        run(EndsAfter(checkpoints(tmp_path), 9))
    said: list[str] = []
    other = Checkpoints(tmp_path, "other", 4, said.append)
    assert other.newest() is None
    assert said == ["ffffffff…/step-00000008: of other inputs, not resumed from; begins anew"]
    other.clear()
    assert not tmp_path.exists()


def test_asked_to_leave_it_keeps_the_step_it_is_at(whole: dict[float, Any], tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    trained = model(0.0)
    be_deterministic(PARAMS.seed, PARAMS.threads)
    with signals_set(kept.leave), pytest.raises(Left):
        for _ in train_model(trained, packed(), packed(), 100, PARAMS, kept):
            os.kill(os.getpid(), signal.SIGTERM)
    assert [path.name for path in (tmp_path / ("f" * 8)).iterdir()] == ["step-00000007"]
    assert run(checkpoints(tmp_path)) == whole[0.0]


STUCK = """
import os, signal, sys, threading
from chatloop.io.models.checkpoints import signals_set
with signals_set(threading.Event(), 0.1):
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(60)
"""


def test_a_step_that_takes_too_long_to_leave_is_left_all_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", STUCK], check=False)
    assert done.returncode == 128 + signal.SIGTERM


def test_a_full_disk_costs_a_checkpoint_and_neither_the_last_one_nor_the_training(
    whole: dict[float, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, said = io_checkpoints.save_file, list[str]()

    def full(tensors: Any, path: Path) -> None:
        if "00000012" in str(path):
            path.write_bytes(b"half of it")
            raise OSError(errno.ENOSPC, "No space left on device")
        real(tensors, path)

    monkeypatch.setattr(io_checkpoints, "save_file", full)
    with pytest.raises(Interrupted):
        run(EndsAfter(checkpoints(tmp_path, said), 13))
    assert [path.name for path in (tmp_path / ("f" * 8)).iterdir()] == ["step-00000008"]
    assert said[0].startswith("warning: step-00000012 is not kept: ")
    assert "No space left on device); training goes on" in said[0]
    assert run(checkpoints(tmp_path)) == whole[0.0]


def test_weights_that_are_no_numbers_are_never_kept(tmp_path: Path) -> None:
    said: list[str] = []
    kept = checkpoints(tmp_path, said)
    for step, value in ((4, 1.0), (8, float("nan"))):
        copies: Future[dict[str, torch.Tensor]] = Future()
        copies.set_result({"weights.a": torch.tensor([value])})
        kept.keep(Progress(step), Snapshot(copies))
    kept._wait()
    assert [path.name for path in (tmp_path / ("f" * 8)).iterdir()] == ["step-00000004"]
    assert "step-00000008 is not kept: there are weights that are no numbers" in said[0]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from test_resuming import PARAMS, checkpoints, run
class Kills(type(checkpoints(Path("x")))):
    def wants(self, step):
        if step == 11:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().wants(step)
run(Kills(Path({scratch!r}), "f" * 8, PARAMS.checkpoint_every, print))
"""


def test_a_killed_process_costs_no_bit(whole: dict[float, Any], tmp_path: Path) -> None:
    code = KILLED.format(folder=str(Path(__file__).parent), scratch=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert run(checkpoints(tmp_path)) == whole[0.0]
