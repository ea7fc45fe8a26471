"""Learning rate and row order as functions of the step, so that any step can be computed alone."""

import math

import numpy as np
from numpy.typing import NDArray

FLOOR = 0.1  # of the peak, where the cosine ends
DECAY = 0.2  # of the steps, in which `wsd` falls to nothing


def learning_rate(step: int, steps: int, peak: float, warmup_share: float, shape: str) -> float:
    """Linear warm-up to `peak`, then down. `step` counts from 0 to `steps` - 1.

    `shape` is cosine (Loshchilov & Hutter 2017), linear, or wsd: stable, then a linear decay (Hu et
    al. 2024, MiniCPM).
    """
    warmup = round(steps * warmup_share)
    if step < warmup:
        return peak * (step + 1) / warmup
    left = (steps - step) / max(1, steps - warmup)
    if shape == "linear":
        return peak * left
    if shape == "wsd":
        return peak * min(1.0, (steps - step) / max(1.0, DECAY * steps))
    progress = (step - warmup) / max(1, steps - 1 - warmup)
    return peak * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * progress)))


def rows_of_step(step: int, rows: int, batch_rows: int, seed: int) -> NDArray[np.int64]:
    """Which packed rows a step trains on: each epoch is its own seeded permutation."""
    per_epoch = steps_per_epoch(rows, batch_rows)
    epoch, at = divmod(step, per_epoch)
    order = np.random.default_rng([seed, epoch]).permutation(rows)
    return order[at * batch_rows : (at + 1) * batch_rows]


def steps_per_epoch(rows: int, batch_rows: int) -> int:
    """Steps that see every row once; the last may have fewer rows."""
    return -(-rows // batch_rows)
