"""Paired differences with bounds: how sure it is that one model is better than another.

    Difference(mean=-0.0312, low=-0.0351, high=-0.0270)   below 0 the candidate is better

Conversations are drawn with replacement, the same ones for both models (Efron & Tibshirani 1993;
Koehn 2004 for the paired test). A draw is kept as how often each conversation came: the sums of all
metrics and slices are then one matrix product.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
DRAWN_AT_ONCE = 2**21  # conversations, over all resamples of a part: 16 MiB


@dataclass(frozen=True)
class Difference:
    """Candidate minus rival, with a one-sided bound on each side."""

    mean: float
    low: float
    high: float

    def with_noise(self, noise: float, tail: float) -> "Difference":
        """Bounds for two trainings with other seeds, whose standard deviation is `noise`.

        Sampling of conversations and luck of the seed are independent: their variances add.
        """
        luck = NormalDist().inv_cdf(1 - tail) * np.sqrt(2) * noise
        low = self.mean - float(np.hypot(self.mean - self.low, luck))
        return Difference(self.mean, low, self.mean + float(np.hypot(self.high - self.mean, luck)))


def resampled_sums(columns: Values, resamples: int, seed: int) -> Values:
    """Sums of each column over rows drawn with replacement: (rows, k) → (resamples, k)."""
    rows = len(columns)
    generator, parts = np.random.default_rng(seed), max(1, DRAWN_AT_ONCE // rows)
    sums = []
    for start in range(0, resamples, parts):
        size = min(parts, resamples - start)
        drawn = generator.integers(0, rows, (size, rows))
        drawn += np.arange(size)[:, None] * rows
        counts = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows)
        sums.append(counts.astype(np.float64) @ columns)
    return np.concatenate(sums)


def ratio_differences(
    over: Sequence[Values], under: Sequence[Values], tails: Sequence[float], draws: int, seed: int
) -> list[Difference]:
    """Differences of ratios, sum(over) / sum(under): all of them on the same draws.

    `over` holds candidate minus rival, a row a conversation; a slice has zeros elsewhere.
    """
    columns = np.stack([*over, *under], axis=1)
    sums, totals = resampled_sums(columns, draws, seed), columns.sum(axis=0)
    count, found = len(over), []
    for at, tail in enumerate(tails):
        beneath = sums[:, count + at]
        drawn = sums[beneath > 0, at] / beneath[beneath > 0]
        low, high = np.quantile(drawn, [tail, 1 - tail])
        found.append(Difference(float(totals[at] / totals[count + at]), float(low), float(high)))
    return found
