"""How far a data set is from the last accepted one, each with a statistic that has a name.

    turn_words  population stability index  0.31   above 0.25: turns became longer, or shorter
    topics      Jensen-Shannon divergence   0.02

The population stability index of two histograms is the sum of (p - q) ln(p / q); 0.1 is read as a
small, 0.25 as a large shift (Siddiqi, Credit Risk Scorecards, 2006). The Jensen-Shannon divergence
is in bits, from 0 for the same to 1 for nothing in common (Lin 1991).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PSI, JENSEN_SHANNON = "population_stability_index", "jensen_shannon_divergence"
# Which statistic holds what apart.
STATISTICS = {
    "turn_words": PSI,
    "talk_turns": PSI,
    "topics": JENSEN_SHANNON,
    "languages": JENSEN_SHANNON,
    "vocabulary": JENSEN_SHANNON,
}
_LEAST = 1.0e-4  # of a bin that is empty, so that its logarithm is a number
Shares = NDArray[np.float64]


def drift(current: Mapping[str, Any], accepted: Mapping[str, Any]) -> dict[str, float]:
    """Each statistic that both profiles have the numbers for; empty where none was accepted."""
    if not accepted.get("conversations"):
        return {}
    found = {}
    for name, statistic in STATISTICS.items():
        mine, theirs = _aligned(_counts(current, name), _counts(accepted, name))
        if mine.sum() and theirs.sum():
            measure = psi if statistic == PSI else jensen_shannon
            found[name] = round(measure(_shares(mine), _shares(theirs)), 6)
    return found


def psi(first: Shares, second: Shares) -> float:
    """Population stability index; 0 for the same shares."""
    p, q = np.maximum(first, _LEAST), np.maximum(second, _LEAST)
    return float(((p - q) * np.log(p / q)).sum())


def jensen_shannon(first: Shares, second: Shares) -> float:
    """Jensen-Shannon divergence in bits, 0 to 1."""
    middle = (first + second) / 2
    return max(0.0, (_relative(first, middle) + _relative(second, middle)) / 2)


def _relative(first: Shares, second: Shares) -> float:
    there = first > 0
    return float((first[there] * np.log2(first[there] / second[there])).sum())


def _counts(profile: Mapping[str, Any], name: str) -> Mapping[str, int]:
    """A number a bin, whatever the profile names its bins by."""
    value = profile.get(name) or {}
    bins: Sequence[int] | Mapping[str, int] = value["buckets"] if name == "vocabulary" else value
    return bins if isinstance(bins, Mapping) else {str(at): n for at, n in enumerate(bins)}


def _aligned(mine: Mapping[str, int], theirs: Mapping[str, int]) -> tuple[Shares, Shares]:
    names = sorted({*mine, *theirs})
    first, second = ([float(side.get(name, 0)) for name in names] for side in (mine, theirs))
    return np.asarray(first), np.asarray(second)


def _shares(counts: Shares) -> Shares:
    return np.asarray(counts / counts.sum())
