"""Shares of thumbs up, and whether one fell: a one-sided two-proportion z-test.

fall(Share(up=120, count=200), Share(up=1700, count=2000))  →  p below 1e-15
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import erfc, sqrt


@dataclass(frozen=True)
class Votes:
    """Thumbs of one caller, the latest on each answer."""

    caller: str
    up: int
    down: int


@dataclass(frozen=True)
class Share:
    """Thumbs up of all; not whole numbers where a caller's thumbs were scaled down."""

    up: float
    count: float

    @property
    def share(self) -> float:
        """0 to 1; 0 of none."""
        return self.up / self.count if self.count else 0.0


def share(votes: Iterable[Votes], per_caller: int) -> Share:
    """All callers together; one that is loud counts `per_caller` thumbs, in their proportion."""
    up = count = 0.0
    for one in votes:
        said = one.up + one.down
        weight = min(1.0, per_caller / said) if said else 0.0
        up, count = up + weight * one.up, count + weight * said
    return Share(up, count)


def fall(now: Share, before: Share) -> float:
    """p-value of "the share did not fall": pooled two-proportion z-test, one-sided.

    The normal approximation is good from some ten thumbs of each kind on; 1.0 where nothing varies.
    """
    pooled = (now.up + before.up) / (now.count + before.count)
    spread = sqrt(pooled * (1 - pooled) * (1 / now.count + 1 / before.count))
    if not spread:
        return 1.0
    z = (now.share - before.share) / spread
    return erfc(-z / sqrt(2)) / 2
