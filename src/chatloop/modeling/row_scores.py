"""Scores of packed rows, summed by example: what validation and evaluation have in common.

row 0 │ example 3 (41.2 nats) │ example 17 (9.8) │ padding │  →  nats[3] = 41.2, nats[17] = 9.8
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chatloop.modeling.replicas import Replicas
from chatloop.modeling.scoring import SparseLogits, batch_of, supervised_nats
from chatloop.tokens.packing import Packed

Measure = Callable[[SparseLogits, Tensor, Tensor, Tensor], Tensor]
Rows = tuple[Packed, NDArray[np.int64], NDArray[np.int32]]  # which of them, and whose tokens


def score_rows(
    team: Replicas, packed: Packed, batch_rows: int, examples: int
) -> NDArray[np.float64]:
    """Nats of the supervised tokens of each example: shape (examples,) float64."""
    owners = packed.examples
    sums = sums_of_rows(team, packed, batch_rows, (owners, examples), supervised_nats)
    nats: NDArray[np.float64] = sums[0]
    return nats


def sums_of_rows(
    team: Replicas,
    packed: Packed,
    batch_rows: int,
    owners: tuple[NDArray[np.int32], int],
    measure: Measure,
) -> NDArray[np.float64]:
    """What `measure` says of the supervised tokens, (k, supervised), summed by owner: (k, owners).

    `owners` says whose each token of the rows is, (rows, context), and how many there are.
    """
    of, count = owners
    parts = np.split(np.arange(len(packed)), range(batch_rows, len(packed), batch_rows))
    return sums_of_batches(team, [(packed, rows, of[rows]) for rows in parts], count, measure)


def sums_of_batches(
    team: Replicas, batches: Sequence[Rows], count: int, measure: Measure
) -> NDArray[np.float64]:
    """The same over rows of any widths: (k, count)."""
    team.train(False)

    @torch.inference_mode()
    def score(logits_of: SparseLogits, batch: Rows) -> NDArray[np.float64]:
        found = measure(logits_of, *batch_of(batch[0], batch[1], team.device))
        return np.atleast_2d(found.double().cpu().numpy())

    every = team.each(score, batches)
    sums = np.zeros((len(every[0]), count), dtype=np.float64)
    for (packed, rows, of), found in zip(batches, every, strict=True):
        owner = of[:, 1:][packed.supervised[rows][:, 1:]]
        for into, values in zip(sums, found, strict=True):
            np.add.at(into, owner, values)
    return sums
