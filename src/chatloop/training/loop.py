"""The loop: packed rows in, a fine-tuned model and its learning curve out.

    Point(step=100, loss=1.83, learning_rate=9.7e-4, validation_bits_per_byte=0.71)

Full fine-tuning in float32; the loss is the mean over the supervised tokens of a step.
"""

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.optim import Optimizer

from chatloop.errors import UserError
from chatloop.metrics.bits_per_byte import bits_per_byte
from chatloop.modeling.compute.computing import computing
from chatloop.modeling.replicas import Replicas, draws_random_numbers
from chatloop.modeling.row_scores import score_rows
from chatloop.modeling.scoring import Logits, batch_of
from chatloop.params import TrainParams
from chatloop.tokens.packing import Packed
from chatloop.training.memory import Memory
from chatloop.training.objectives import SFT, Batch, Objective
from chatloop.training.parallel import ALONE, World, teams
from chatloop.training.progress import Keeper, NoKeeper, Point, Progress
from chatloop.training.snapshots import Snapshots, restore
from chatloop.training.stopping import Stopping, Within
from chatloop.training.updating.optimizers import build_optimizers
from chatloop.training.updating.schedule import learning_rate, rows_of_step, steps_per_epoch

POINT_EVERY = 10
NO_KEEPER = NoKeeper()


def train_model(
    model: Any,
    train: Packed,
    validation: Packed,
    validation_bytes: int,
    params: TrainParams,
    keeper: Keeper = NO_KEEPER,
    objective: Objective = SFT,
    world: World = ALONE,
    most_bits: float | None = None,
) -> Iterator[Point]:
    """Train `model` in place, giving a point of the curve every few steps and at the end.

    Where `keeper` has a checkpoint, its points come first, and training goes on from there. With
    `most_bits` it ends where validation has more bits per byte, with the last weights that had not.

    Raises:
        UserError: the loss is no number any more.
    """
    most = 1 if draws_random_numbers(model) else params.batch_rows
    seen = round(params.epochs * train.ids.size)
    with computing(model, params, seen), teams(model, most, world, params.parallel) as team:
        yield from _points(
            team, train, validation, validation_bytes, params, keeper, objective, world, most_bits
        )


def _points(
    team: Replicas,
    train: Packed,
    validation: Packed,
    validation_bytes: int,
    params: TrainParams,
    keeper: Keeper,
    objective: Objective,
    world: World,
    most_bits: float | None,
) -> Iterator[Point]:
    steps = max(1, round(params.epochs * steps_per_epoch(len(train), params.batch_rows)))
    model, optimizers = team.models[0], build_optimizers(team.models[0], params)
    snapshots = Snapshots(model, optimizers, world)
    within = None if most_bits is None else Within(model, most_bits)
    stopping = within or Stopping(model, params.patience)
    memory = Memory(params.rows_at_once)
    done = _resumed(model, optimizers, stopping, keeper, world)
    yield from done.points
    started = time.monotonic()
    for step in range(done.step, steps):
        rate = learning_rate(
            step, steps, params.learning_rate, params.warmup_share, params.schedule
        )
        rows = rows_of_step(step, len(train), params.batch_rows, params.seed)
        nats, tokens, norm = update(
            team, optimizers, train, rows, rate, params.clip_norm, memory, objective
        )
        if not math.isfinite(nats + norm):
            raise UserError(_diverged(step + 1, rate))
        done.add(nats, tokens, train.ids[rows].size)
        evaluated = done.step == steps or done.step % params.evaluate_every == 0
        if evaluated or done.step % POINT_EVERY == 0:
            seconds = time.monotonic() - started
            bits = _validate(team, validation, validation_bytes, params) if evaluated else None
            yield done.point(steps, rate, norm, seconds, bits)
            started = time.monotonic()
            if stopping.look(done.points):
                break
        if keeper.wants(done.step):
            keeper.keep(done, snapshots.take(stopping.tensors()))
    snapshots.close()
    stopping.take_best()


def _resumed(
    model: Any,
    optimizers: Sequence[Optimizer],
    stopping: Stopping,
    keeper: Keeper,
    world: World,
) -> Progress:
    """Where training begins: at nothing, or after the last step that was kept."""
    kept = keeper.newest()
    if kept is None:
        return Progress()
    progress, tensors = kept
    restore(model, optimizers, tensors, world)
    stopping.resume(tensors)
    return progress


def update(
    team: Replicas,
    optimizers: Sequence[Optimizer],
    packed: Packed,
    rows: NDArray[np.int64],
    rate: float,
    clip_norm: float,
    memory: Memory,
    objective: Objective = SFT,
) -> tuple[float, int, float]:
    """One update; returns the summed loss, what it is divided by, and the gradient's norm.

    For SFT that is the sum of nats and the supervised tokens.

    Gradients are summed over as many parts as fit into memory: the same mean, whatever the parts.
    """
    size = objective.size(packed, rows)
    if not size:
        return 0.0, 0, 0.0

    def learn(logits_of: Logits, share: NDArray[np.int64]) -> float:
        ids, positions, supervised = batch_of(packed, share, team.device)
        examples = torch.from_numpy(packed.examples[share].astype(np.int64)).to(team.device)
        loss = objective.loss(logits_of, Batch(ids, positions, supervised, examples))
        (loss / size).backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    for group in (group for optimizer in optimizers for group in optimizer.param_groups):
        group["lr"] = rate
    team.train()
    loss = memory.fitted(lambda: sum(team.each(learn, memory.parts(rows, len(team)))), team.forget)
    team.gather_gradients()
    norm = torch.nn.utils.clip_grad_norm_(team.models[0].parameters(), clip_norm)
    for optimizer in optimizers:
        optimizer.step()
    team.models[0].zero_grad(set_to_none=True)
    return loss, size, float(norm)


def _validate(team: Replicas, packed: Packed, answer_bytes: int, params: TrainParams) -> float:
    examples = int(packed.examples.max()) + 1
    nats = score_rows(team, packed, params.batch_rows, examples)
    return bits_per_byte(float(nats.sum()), answer_bytes)


def _diverged(step: int, rate: float) -> str:
    return (
        f"the loss is no number at step {step} (learning rate {rate:.3g}); the last checkpoint "
        "before it is kept; lower learning_rate, or raise warmup_share"
    )
