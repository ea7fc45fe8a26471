"""What was read before and may be asked again: a conversation's earlier turns, a system prompt.

    kept      [system … where is my order? It left us today.]
    new       [system … where is my order? It left us today. When will it be here?]
               ──────────────── not read again ─────────────┘

Keys are token ids, so a prefix is the same only if it is the same text by the same tokenizer; a
version has memory of its own. What was used longest ago goes first.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

LEAST = 16  # tokens: fewer are read again as fast


class Prefixes:
    """Copies of rows by what they had read, within so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most, self._bytes = most_bytes, 0
        self._kept: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    @property
    def bytes(self) -> int:
        """Memory that the copies take."""
        return self._bytes

    def find(self, ids: Sequence[int]) -> tuple[int, Any]:
        """How many of the first ids are known, and the copy that knows them; 0 and None if few."""
        length, best = LEAST - 1, None
        for known in self._kept:
            if len(known) > length and (same := common(known, ids)) > length:
                length, best = same, known
        if best is None:
            return 0, None
        self._kept.move_to_end(best)
        return length, self._kept[best]

    def fits(self, ids: Sequence[int]) -> bool:
        """Whether a copy of this is worth making: there is room at all, and none says as much."""
        return self._most > 0 and len(ids) >= LEAST and self.find(ids)[0] < len(ids)

    def add(self, ids: tuple[int, ...], kept: Any) -> None:
        """Keep a copy; those that it goes on from are not needed any more."""
        for known in [known for known in self._kept if ids[: len(known)] == known]:
            self._bytes -= self._kept.pop(known).bytes
        self._kept[ids] = kept
        self._bytes += kept.bytes
        while self._bytes > self._most:
            self._bytes -= self._kept.popitem(last=False)[1].bytes


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many of the first ids are the same."""
    most = min(len(one), len(other))
    low, high = 0, most
    while low < high:  # slices are compared far faster than ids one by one
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
