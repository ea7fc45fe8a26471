"""Trainings that are killed with SIGKILL at random moments and resumed, and trainings that are not.

    python -m benchmarks.kills --json

A small GPT-2 with Muon and dropout keeps a checkpoint every second step, so that many kills hit one
that is being written. The figure is how many of the killed trainings end in the very sha256 in which
five trainings end that nobody disturbed; there is no rival.
"""

import argparse
import hashlib
import json
import multiprocessing
import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from benchmarks.report import report
from chatloop.io.models.checkpoints import Checkpoints
from chatloop.modeling.scoring import be_deterministic
from chatloop.params import TrainParams
from chatloop.tokens.packing import Packed
from chatloop.training.loop import train_model

PARAMS = TrainParams(
    epochs=4.0, batch_rows=2, rows_at_once=8, optimizer="muon", learning_rate=1e-2,
    schedule="cosine", warmup_share=0.1, weight_decay=0.1, clip_norm=1.0, evaluate_every=10,
    checkpoint_every=2, device="cpu", threads=2, seed=3,
)  # fmt: skip
SEED = 11


def packed(rows: int = 20, context: int = 64) -> Packed:
    """Random ids, seeded."""
    generator = np.random.default_rng(5)
    ids = generator.integers(2, 500, (rows, context)).astype(np.int32)
    positions = np.tile(np.arange(context, dtype=np.int32), (rows, 1))
    owner = np.repeat(np.arange(rows, dtype=np.int32)[:, None], context, axis=1)
    supervised = generator.random((rows, context)) < 0.5
    return Packed(ids, positions, supervised, owner, supervised)


def train(scratch: Path) -> None:
    """One process: go on from what is in scratch; says where, and the sha256 at the end."""
    said: list[str] = []
    kept = Checkpoints(scratch / "kept", "kills", PARAMS.checkpoint_every, said.append)
    be_deterministic(PARAMS.seed, PARAMS.threads)
    shape = {"vocab_size": 500, "n_positions": 64, "n_embd": 128, "n_layer": 3, "n_head": 4}
    model: Any = GPT2LMHeadModel(GPT2Config(**shape, bos_token_id=None, eos_token_id=1))
    for _ in train_model(model, packed(), packed(), 100, PARAMS, kept):
        pass
    kept._wait()
    weights = b"".join(p.detach().numpy().tobytes() for p in model.parameters())
    with (scratch / "ends").open("a", encoding="utf-8") as ends:
        ends.write(hashlib.sha256(weights).hexdigest() + "\n")
    with (scratch / "said").open("a", encoding="utf-8") as log:
        log.writelines(line + "\n" for line in said)


def process(scratch: Path, seconds: float | None) -> bool:
    """Train in a process; true if it was killed after so many seconds."""
    child = multiprocessing.get_context("fork").Process(target=train, args=(scratch,))
    child.start()
    child.join(seconds)
    killed = child.is_alive()
    if killed:
        child.kill()
    child.join()
    assert killed or child.exitcode == 0, f"a training ended with {child.exitcode}"
    return killed


def main() -> None:
    """Five whole ones, then the killed ones; the last line is the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--kills", type=int, default=20)
    args = parser.parse_args()
    torch.set_num_threads(1)  # threads that are there before a fork are not there after it
    chance, ends, resumed = random.Random(SEED), [], 0
    with TemporaryDirectory() as name:
        whole = []
        for number in range(5):
            scratch = Path(name) / f"whole-{number}"
            scratch.mkdir()
            started = time.perf_counter()
            process(scratch, None)
            seconds = time.perf_counter() - started
            whole.append((scratch / "ends").read_text().split()[-1])
        for number in range(args.kills):
            scratch = Path(name) / f"killed-{number}"
            scratch.mkdir()
            moment = chance.uniform(0.02, 0.98) * seconds
            while not process(scratch, moment):
                moment /= 2  # it was faster than the one that was timed: again, and earlier
                for path in ("ends", "said"):
                    (scratch / path).unlink()
                for path in (scratch / "kept").rglob("*.*"):
                    path.unlink()
            process(scratch, None)
            ends.append((scratch / "ends").read_text().split()[-1])
            resumed += "goes on after step" in (scratch / "said").read_text()
            print(json.dumps({"killed_after_s": round(moment, 2), "equal": ends[-1] == whole[0]}))
    report(
        "kills",
        sum(end == whole[0] for end in ends),
        None,
        "of the killed trainings, the same sha256",
        len({*whole, *ends}) == 1,
        f"{args.kills} of {args.kills}",
        whole_runs=len(whole),
        whole_runs_equal=len(set(whole)) == 1,
        resumed_from_a_checkpoint=resumed,
        sha256=whole[0],
    )


if __name__ == "__main__":
    main()
