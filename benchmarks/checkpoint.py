"""How long a training stands still while a checkpoint is kept: ours, and transformers' Trainer's.

    python -m benchmarks.checkpoint --json

Both save the same model and the same AdamW state. The Trainer saves in the training's own time. Ours
is copied by a thread while the next step computes, and written by another: the stall is what the
training waits for, in `keep` and before the next update. What both wrote is loaded and compared bit
by bit. `step_seconds` with and without a checkpoint on its way says what the threads take away.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

from benchmarks.report import report
from chatloop.io.models.checkpoints import Checkpoints
from chatloop.training.progress import Progress
from chatloop.training.snapshots import Snapshots

ROWS, CONTEXT, VOCABULARY = 4, 256, 16_384


def shape(layers: int, width: int) -> Any:
    """A GPT-2 with random weights."""
    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=width, n_layer=layers,
        n_head=width // 64, bos_token_id=None, eos_token_id=1,
    )  # fmt: skip
    torch.manual_seed(0)
    return GPT2LMHeadModel(config)


class Training:
    """A model, its AdamW, and steps that take the time that steps take."""

    def __init__(self, layers: int, width: int) -> None:
        self.model = shape(layers, width)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4, fused=True)
        self.ids = torch.randint(2, VOCABULARY, (ROWS, CONTEXT))
        self.snapshots = Snapshots(self.model, [self.optimizer])
        self.waited, settle = 0.0, self.snapshots._settle

        def timed() -> None:
            started = time.perf_counter()
            settle()
            self.waited += time.perf_counter() - started

        self.snapshots._settle = timed  # type: ignore[method-assign]
        self.step()

    def step(self) -> float:
        """Seconds of one step."""
        started = time.perf_counter()
        self.model(input_ids=self.ids, labels=self.ids).loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return time.perf_counter() - started


def ours(training: Training, kept: Checkpoints, step: int) -> tuple[float, float]:
    """Seconds of stall, and of the step during which the checkpoint is on its way."""
    training.waited = 0.0
    started = time.perf_counter()
    kept.keep(Progress(step), training.snapshots.take())
    stalled = time.perf_counter() - started
    taken = training.step()
    return stalled + training.waited, taken


def theirs(trainer: Trainer, step: int) -> float:
    """Seconds of the Trainer's own save."""
    trainer.state.global_step = step
    started = time.perf_counter()
    trainer._save_checkpoint(trainer.model, None)
    return time.perf_counter() - started


def same(training: Training, kept: Checkpoints, trainer: Trainer, folder: Path, step: int) -> bool:
    """Whether weights and AdamW state come back bit for bit from both."""
    kept.keep(Progress(step), training.snapshots.take())
    kept._wait()
    found = kept.newest()
    assert found is not None
    theirs(trainer, step)
    state = training.optimizer.state_dict()["state"]
    mine = all(
        torch.equal(found[1][f"weights.{name}"], value)
        for name, value in training.model.named_parameters()
    ) and all(
        torch.equal(found[1][f"optimizers.0.{index}.{key}"], value)
        for index, each in state.items()
        for key, value in each.items()
    )
    saved = folder / f"checkpoint-{step}"
    weights = load_file(saved / "model.safetensors")
    other = torch.load(saved / "optimizer.pt", weights_only=True)["state"]
    named = dict(training.model.named_parameters())
    rival = all(torch.equal(named[name], value) for name, value in weights.items()) and all(
        torch.equal(other[index][key], value)
        for index, each in state.items()
        for key, value in each.items()
    )
    return mine and rival


def main() -> None:
    """Five rounds in turn; the last line is the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--width", type=int, default=512)
    args = parser.parse_args()
    training = Training(args.layers, args.width)
    with TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        settings = TrainingArguments(
            output_dir=str(folder / "trainer"), save_total_limit=1, report_to="none", use_cpu=True
        )
        trainer = Trainer(training.model, settings, optimizers=(training.optimizer, None))
        trainer.create_scheduler(100, training.optimizer)
        kept = Checkpoints(folder / "ours", "f", 1, print)
        mine, rivals, busy, idle = [], [], [], []
        for step in range(1, args.rounds + 1):
            stall, taken = ours(training, kept, step)
            kept._wait()
            mine.append(stall)
            busy.append(taken)
            rivals.append(theirs(trainer, step))
            idle.append(training.step())
            print(json.dumps({"ours": mine[-1], "rival": rivals[-1]}), flush=True)
        equal = same(training, kept, trainer, folder / "trainer", args.rounds + 1)
    median = statistics.median
    report(
        "checkpoint",
        round(median(mine), 4),
        round(median(rivals), 4),
        "seconds of stall, lower is better",
        equal,
        "at most 0.1 of the Trainer's",
        parameters=sum(p.numel() for p in training.model.parameters()),
        step_seconds=round(median(idle), 3),
        step_seconds_with_a_checkpoint_on_its_way=round(median(busy), 3),
    )


if __name__ == "__main__":
    main()
