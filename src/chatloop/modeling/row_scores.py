"""Scores of packed rows, summed by example: what validation and evaluation have in common.

row 0 │ example 3 (41.2 nats) │ example 17 (9.8) │ padding │  →  nats[3] = 41.2, nats[17] = 9.8
"""

import numpy as np
import torch
from numpy.typing import NDArray

from chatloop.modeling.replicas import Replicas
from chatloop.modeling.scoring import Logits, batch_of, supervised_nats
from chatloop.tokens.packing import Packed


def score_rows(
    team: Replicas, packed: Packed, batch_rows: int, examples: int
) -> NDArray[np.float64]:
    """Nats of the supervised tokens of each example: shape (examples,) float64."""
    nats = np.zeros(examples, dtype=np.float64)
    team.train(False)
    batches = np.split(np.arange(len(packed)), range(batch_rows, len(packed), batch_rows))

    @torch.inference_mode()
    def score(logits_of: Logits, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        batch = batch_of(packed, rows, team.device)
        return supervised_nats(logits_of, *batch).double().cpu().numpy()

    for rows, found in zip(batches, team.each(score, batches), strict=True):
        owner = packed.examples[rows][:, 1:][packed.supervised[rows][:, 1:]]
        np.add.at(nats, owner, found)
    return nats
