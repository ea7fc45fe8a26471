"""What a verdict stands on, as values: scores a conversation, and what the probes found.

Scores(answer_bytes=[296, …], candidate=[412.6, …], base=[…], champion=[…], slices={"returns": …})
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Scores:
    """One row a held-out conversation: nats (n,) of each model, the answers' bytes (n,), and the
    rows that belong to each slice. `champion` is None where there is none yet."""

    answer_bytes: NDArray[np.int64]
    candidate: Values
    base: Values
    champion: Values | None
    slices: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True)
class Guarded:
    """A mean over rows that must not fall: (n,) of candidate and champion, higher is better."""

    candidate: Values
    champion: Values


@dataclass(frozen=True)
class Preferred:
    """A row a prompt whose answers people judged: by how many nats an answer the candidate follows
    their judgements more than the champion, (n,), what the row weighs (n,), and judged answers."""

    gains: Values
    weights: Values
    rows: int

    @property
    def prompts(self) -> float:
        """As how many they count that weigh the same (Kish 1965)."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())


@dataclass(frozen=True)
class Behaviours:
    """Cases by name: whether each was passed, (n,); a `must` is no matter of comparison."""

    names: tuple[str, ...]
    must: Flags
    candidate: Flags
    champion: Flags | None


@dataclass(frozen=True)
class Memorised:
    """`exposure` in bits, of the canary that is known best; `extracted` spans of training text out
    of `tried`; `personal` values from training that were generated."""

    exposure: float | None
    extracted: int
    tried: int
    personal: int


@dataclass(frozen=True)
class Forgotten:
    """Bits per byte on general text; `base` and `champion` are None where they know nothing that
    could be forgotten, and `champion` where there is none yet."""

    candidate: float
    base: float | None
    champion: float | None


@dataclass(frozen=True)
class Speed:
    """Generated tokens per second (of the CPU's time, or on the wall), in turn on one machine."""

    candidate: float
    champion: float | None


@dataclass(frozen=True)
class Evidence:
    """All of it; what was not measured is None and is not judged."""

    scores: Scores
    guarded: Mapping[str, Guarded] = field(default_factory=dict)
    behaviours: Behaviours | None = None
    memorised: Memorised | None = None
    forgotten: Forgotten | None = None
    speed: Speed | None = None
    preferred: Preferred | None = None
