"""What another seed alone changes, in the terms of `gate.noise`.

spread([means of one training, of another, …])  →  {"overall": 0.0031, "slice": 0.0064, "guarded": 0.018}
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from chatloop.metrics.bits_per_byte import bits_per_byte
from chatloop.reporting.model.compared import guarded, scores_of

Means = dict[str, float]


def means(table: pl.DataFrame, rows: Sequence[dict[str, Any]], least: int) -> Means:
    """A candidate's bits per byte overall and in slices of at least so many rows, guarded means."""
    scores = scores_of(table)
    everywhere = np.arange(len(scores.candidate))
    parts = {"overall": everywhere}
    parts |= {f"slice {name}": at for name, at in scores.slices.items() if len(at) >= least}
    found = {
        name: bits_per_byte(float(scores.candidate[at].sum()), int(scores.answer_bytes[at].sum()))
        for name, at in parts.items()
    }
    measures = guarded(table, rows, least)
    return found | {f"guarded {n}": float(g.candidate.mean()) for n, g in measures.items()}


def spread(found: Sequence[Means]) -> Means:
    """Standard deviations between equal trainings, in slices the pooled one; for guarded means
    three of them, as `guarded` is how far these may fall."""
    each = {name: float(np.std([one[name] for one in found], ddof=1)) for name in found[0]}

    def pooled(kind: str) -> float:
        chosen = [value for name, value in each.items() if name.startswith(kind)]
        return float(np.sqrt(np.mean(np.square(chosen))))

    return {
        "overall": pooled("overall"), "slice": pooled("slice"), "guarded": 3 * pooled("guarded"),
    }  # fmt: skip
