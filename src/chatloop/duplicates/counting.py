"""What texts share, counted: how alike two of them are, which can have a twin, who is connected.

{1, 2, 3, 4} and {2, 3, 4, 5}   →  3 shared of 5: Jaccard similarity 0.6
"""

import numpy as np
from numpy.typing import NDArray

from chatloop.duplicates.shingling import Hashes, Rows, mixed

Flags = NDArray[np.bool_]

# Beside the number of a text, its shingles are told apart by so many bits.
_OWN_BITS = np.uint64(48)
_OWN = np.uint64((1 << 48) - 1)
# So many pairs have numbers for all their texts in the other bits.
PAIRS = 1 << 15
# Of the bits that count shingles, so many more than it takes to number them, and no more than that.
_SPARE_BITS, _MOST_BITS = 1, 24
_ROUNDING = 1e-9
# Places for pairs that were compared in vain and may turn up again: so many more bits than it takes
# to number the texts, and no more than that.
_ROOMY_BITS, _ROOMS_BITS = 3, 22


def gathered(hashes: Hashes, starts: Rows, sizes: Rows) -> Hashes:
    """Some of the texts end to end, each given by where its shingles start and how many it has."""
    before = np.cumsum(sizes) - sizes
    if np.array_equal(starts - starts[0], before):
        return hashes[starts[0] : starts[0] + before[-1] + sizes[-1]]
    return np.asarray(hashes[np.repeat(starts - before, sizes) + np.arange(sizes.sum())])


def similarities(
    hashes: Hashes, starts: Rows, sizes: Rows, first: Rows, second: Rows
) -> NDArray[np.float64]:
    """Jaccard similarity of each pair of texts, of which none is without shingles.

    At most `PAIRS` pairs. Two different shingles of a pair pass for one where 48 bits agree.
    """
    texts, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    owned = _marked(gathered(hashes, starts[texts], sizes[texts]), sizes[texts])
    owned = owned[np.append(True, owned[1:] != owned[:-1])]
    distinct = np.bincount((owned >> _OWN_BITS).astype(np.int64), minlength=len(texts))
    begins = np.cumsum(distinct) - distinct
    sides = [
        _marked(gathered(owned, begins[side], distinct[side]), distinct[side])
        for side in (places[: len(first)], places[len(first) :])
    ]
    both = np.sort(np.concatenate(sides))
    twice = both[1:][both[1:] == both[:-1]]
    shared = np.bincount((twice >> _OWN_BITS).astype(np.int64), minlength=len(first))
    total = distinct[places[: len(first)]] + distinct[places[len(first) :]]
    return np.asarray(shared / (total - shared))


def _marked(values: Hashes, sizes: Rows) -> Hashes:
    """The number of its text above the last bits of each value, in order."""
    numbers = np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
    return np.sort(numbers << _OWN_BITS | values & _OWN)


class Company:
    """Which shingles stand more than once among texts that are told in parts.

    Shingles are counted by a part of their hash: two that share it pass for the same, which lets
    a text through that could be held back, never the reverse.
    """

    def __init__(self, shingles: int) -> None:
        bits = min(shingles.bit_length() + _SPARE_BITS, _MOST_BITS)
        self._shift = np.uint64(64 - bits)
        self._counts = np.zeros(1 << bits, dtype=np.uint32)
        self._alone: Flags | None = None

    def tell(self, hashes: Hashes) -> None:
        """Shingles of the next texts."""
        np.add.at(self._counts, self._places(hashes), np.uint32(1))

    def kept(self, hashes: Hashes, sizes: Rows, threshold: float) -> Flags:
        """Texts enough of whose shingles stand somewhere else, too: no other can have a twin.

        What a text has alone is no part of what it shares: at most `1 - threshold` of it. To be
        asked when all are told.
        """
        if self._alone is None:
            self._alone = self._counts == 1
        before = np.concatenate(([0], np.cumsum(self._alone[self._places(hashes)])))
        many = np.diff(before[np.concatenate(([0], np.cumsum(sizes)))])
        return np.asarray(many <= (1 - threshold) * sizes + _ROUNDING)

    def _places(self, hashes: Hashes) -> Rows:
        return (hashes >> self._shift).view(np.int64)


class Clusters:
    """Which texts are connected so far, and which pairs are known to be no twins."""

    def __init__(self, texts: int) -> None:
        self.roots: Rows = np.arange(texts, dtype=np.int64)
        bits = min(texts.bit_length() + _ROOMY_BITS, _ROOMS_BITS)
        self._shift = np.uint64(64 - bits)
        # Each has one place, and of two with the same the later: who is forgotten is compared anew.
        self._strangers: Rows = np.full(1 << bits, -1, dtype=np.int64)

    def unsettled(self, first: Rows, second: Rows) -> tuple[Rows, Rows]:
        """Of these pairs each once that is neither in one cluster yet nor known to be no twins."""
        apart = self.roots[first] != self.roots[second]
        pairs = self._numbers(first[apart], second[apart])
        pairs = np.sort(pairs[self._strangers[self._places(pairs)] != pairs])
        pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]]
        return pairs // len(self.roots), pairs % len(self.roots)

    def judge(self, first: Rows, second: Rows, twins: Flags) -> None:
        """Clusters of twins become one; the others are strangers."""
        for one, two in zip(first[twins].tolist(), second[twins].tolist(), strict=True):
            low, high = sorted((self._root(one), self._root(two)))
            self.roots[high] = low
        while twins.any() and not np.array_equal(self.roots, further := self.roots[self.roots]):
            self.roots = further
        new = self._numbers(first[~twins], second[~twins])
        self._strangers[self._places(new)] = new

    def _numbers(self, first: Rows, second: Rows) -> Rows:
        return np.minimum(first, second) * len(self.roots) + np.maximum(first, second)

    def _places(self, pairs: Rows) -> Rows:
        return (mixed(pairs.view(np.uint64)) >> self._shift).view(np.int64)

    def _root(self, row: int) -> int:
        while self.roots[row] != row:
            row = int(self.roots[row])
        return row
