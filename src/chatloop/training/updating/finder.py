"""A learning rate that fits: how the loss answers while the rate rises (Smith 2017).

Trial(rate=3.2e-4, loss=6.91, smoothed=7.02)

The rate rises exponentially, one step a rate. Too low, and the loss stays; too high, and it leaps.
The suggestion is a tenth of the rate at which the smoothed loss was lowest: what a whole training
bears, since the trial sees each rate once.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chatloop.modeling.replicas import draws_random_numbers, replicas
from chatloop.params import TrainParams
from chatloop.tokens.packing import Packed
from chatloop.training.loop import update
from chatloop.training.memory import Memory
from chatloop.training.updating.optimizers import build_optimizers
from chatloop.training.updating.schedule import rows_of_step

SMOOTHING = 0.9
DIVERGED = 2.0  # times the lowest smoothed loss
SAFETY = 10.0


@dataclass(frozen=True)
class Trial:
    """One step: its rate, its loss in nats a supervised token, and the average of losses so far."""

    rate: float
    loss: float
    smoothed: float


def rates(lowest: float, highest: float, steps: int) -> list[float]:
    """Equal factors between neighbours, both ends included."""
    return [
        lowest * (highest / lowest) ** (step / max(1, steps - 1)) for step in range(steps)
    ]  # fmt: skip


def trials(
    model: Any, train: Packed, params: TrainParams, lowest: float, highest: float, steps: int
) -> Iterator[Trial]:
    """Train `model` in place with rising rates; ends early where the loss has left the ground."""
    average, lowest_smoothed = 0.0, math.inf
    most = 1 if draws_random_numbers(model) else params.batch_rows
    with replicas(model, most) as team:
        optimizers, memory = build_optimizers(model, params), Memory(params.rows_at_once)
        for step, rate in enumerate(rates(lowest, highest, steps)):
            rows = rows_of_step(step, len(train), params.batch_rows, params.seed)
            nats, tokens, norm = update(
                team, optimizers, train, rows, rate, params.clip_norm, memory
            )
            if not math.isfinite(nats + norm):
                return
            loss = nats / max(1, tokens)
            average = SMOOTHING * average + (1 - SMOOTHING) * loss
            smoothed = average / (1 - SMOOTHING ** (step + 1))
            lowest_smoothed = min(lowest_smoothed, smoothed)
            yield Trial(rate, loss, smoothed)
            if smoothed > DIVERGED * lowest_smoothed:
                return


def suggested(found: Sequence[Trial]) -> float | None:
    """A tenth of the rate of the lowest smoothed loss; None where the loss never fell."""
    if not found:
        return None
    best = min(found, key=lambda trial: trial.smoothed)
    return float(f"{best.rate / SAFETY:.1e}") if best is not found[0] else None
