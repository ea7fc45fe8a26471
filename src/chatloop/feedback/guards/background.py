"""What the other sources say, as far as it is needed to tell a strange phrase from a usual one.

A sample of their conversations is kept, chosen by their ids, so that it is the same in every run
and does not grow with the data.
"""

from hashlib import blake2b

import numpy as np
import polars as pl

from chatloop.duplicates.shingling import Hashes, Rows
from chatloop.feedback.guards.features import SIDES, features

# Who speaks on which side of an opinion.
_SIDE = {"user": "prompt", "system": "prompt", "assistant": "answer"}
_TURN_CHARS = 4_000
_EMPTY = pl.DataFrame(schema={"place": pl.UInt64, "role": pl.String, "content": pl.String})


class Background:
    """`sample` turns at most are kept of what is told; counts are made when they are asked for."""

    def __init__(self, sample: int, words: int) -> None:
        self._sample, self._words = sample, words
        self._held, self._below = _EMPTY, 2**64
        self._counted: dict[str, tuple[Hashes, Rows, int]] = {}

    def add(self, turns: pl.DataFrame) -> None:
        """More turns: conversation_id, role, content."""
        if turns.is_empty():
            return
        ids = turns["conversation_id"].unique()
        places = pl.Series([_place(name) for name in ids], dtype=pl.UInt64)
        place = pl.col("conversation_id").replace_strict(ids, places, return_dtype=pl.UInt64)
        few = turns.select(
            place.alias("place"),
            "role",
            pl.col("content").str.slice(0, _TURN_CHARS),
        ).filter(pl.col("place").cast(pl.Float64) < float(self._below))
        self._held = pl.concat([self._held, few])
        while self._held.height > self._sample:
            self._below //= 2
            self._held = self._held.filter(pl.col("place").cast(pl.Float64) < float(self._below))

    def total(self, side: str) -> int:
        """Texts of a side."""
        return self._known(side)[2]

    def counts(self, side: str, hashes: Hashes) -> Rows:
        """How many of the texts of a side have each of these phrases."""
        known, many, _ = self._known(side)
        if not len(known):
            return np.zeros(len(hashes), dtype=np.int64)
        at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        return np.where(known[at] == hashes, many[at], 0)

    def _known(self, side: str) -> tuple[Hashes, Rows, int]:
        if side not in self._counted:
            roles = [role for role, spoken in _SIDE.items() if spoken == side]
            texts = self._held.filter(pl.col("role").is_in(roles))["content"]
            hashes = features(texts, side, self._words)["hash"].to_numpy()
            known, many = np.unique(hashes, return_counts=True)
            self._counted[side] = (known, many.astype(np.int64), len(texts))
        return self._counted[side]


def _place(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest())


assert set(_SIDE.values()) == set(SIDES)
