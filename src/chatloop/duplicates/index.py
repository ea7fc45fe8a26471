"""Near-duplicates of more texts than fit into memory: what `near_duplicates` finds, told in parts.

    index = TwinIndex(params, spill)
    index.add(pl.Series(["my lamp arrived broken can i return it", "where is my parcel"]))
    index.add(pl.Series(["hello my lamp arrived broken can i return it"]))
    index.clusters()  →  [0, 1, 0]

Shingles and band keys go to a file; in memory stays, of each text, a byte a permutation and where
its shingles are. A byte says by chance that two values agree once in 256 times: a few more pairs
are counted than with the whole signature, and none less.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chatloop.duplicates.near import (
    DEVIATIONS,
    NEIGHBOURS,
    band_keys,
    bands,
    flattened,
    jaccard,
    root_of,
    signatures_of,
)
from chatloop.duplicates.shingling import Hashes, Rows, shingles
from chatloop.params.data import NearDuplicates

Bytes = NDArray[np.uint8]

# Texts whose whole signatures are in memory at once, pairs whose bytes are compared at once, and
# pairs whose shingles are counted at once.
_TEXTS, _PAIRS, _COUNTED = 2_000, 50_000, 1_000


class TwinIndex:
    """`spill` is a file to read and write; nobody else may use it before `clusters` is done."""

    def __init__(self, params: NearDuplicates, spill: BinaryIO) -> None:
        self._params, self._spill = params, spill
        self._bands, self._width = bands(params.permutations, params.threshold)
        self._texts = 0
        self._rows: list[Rows] = []  # of the texts that have words
        self._starts: list[Rows] = []  # and where their shingles are, from the file's begin
        self._sizes: list[Rows] = []
        self._bytes: list[Bytes] = []
        self._keys: list[tuple[int, int]] = []  # place in the file, texts

    def add(self, texts: pl.Series) -> None:
        """The next texts; their rows go on where the last ones ended."""
        for start in range(0, len(texts), _TEXTS):
            self._add(texts[start : start + _TEXTS])

    def clusters(self) -> Rows:
        """For each text the row of the first text of its cluster, as `near_duplicates` says it."""
        cluster = np.arange(self._texts, dtype=np.int64)
        if self._bytes:
            rows = np.concatenate(self._rows)
            cluster[rows] = rows[self._found()]
        return cluster

    def _add(self, texts: pl.Series) -> None:
        hashes, offsets = shingles(texts, self._params.shingle_words)
        said = np.flatnonzero(np.diff(offsets))
        self._rows.append(self._texts + said)
        self._texts += len(texts)
        if not len(said):
            return
        # A text without words leaves its begin and its end at the same place.
        ends = np.append(offsets[said], offsets[-1])
        signatures = signatures_of(hashes, ends, self._params)
        self._starts.append(self._write(hashes) + 8 * ends[:-1])
        self._sizes.append(np.diff(ends))
        self._bytes.append(signatures.astype(np.uint8))
        keys = [
            band_keys(signatures[:, at * self._width : (at + 1) * self._width]) >> np.uint64(32)
            for at in range(self._bands)
        ]
        self._keys.append((self._write(np.stack(keys).astype(np.uint32)), len(said)))

    def _write(self, values: NDArray[np.generic]) -> int:
        """Put values at the end of the file; returns where they are."""
        place = self._spill.seek(0, os.SEEK_END)
        self._spill.write(values.tobytes())
        return place

    def _read(self, place: int, size: int) -> bytes:
        self._spill.seek(place)
        return self._spill.read(size)

    def _found(self) -> Rows:
        """Clusters of the texts that have words: what is connected by pairs that are twins."""
        signatures = np.concatenate(self._bytes)
        starts, sizes = (np.concatenate(parts) for parts in (self._starts, self._sizes))
        cluster = np.arange(len(signatures), dtype=np.int64)
        for band in range(self._bands):
            for first, second in _agreeing(self._band(band)):
                for at in range(0, len(first), _PAIRS):
                    pair = first[at : at + _PAIRS], second[at : at + _PAIRS]
                    likely = self._likely(signatures, cluster, *pair)
                    self._join(cluster, *likely, starts, sizes)
                    cluster = flattened(cluster)
        return cluster

    def _band(self, band: int) -> NDArray[np.uint32]:
        """The key of every text in one band."""
        read = [self._read(place + 4 * band * many, 4 * many) for place, many in self._keys]
        return np.frombuffer(b"".join(read), dtype=np.uint32)

    def _likely(
        self, signatures: Bytes, cluster: Rows, first: Rows, second: Rows
    ) -> tuple[Rows, Rows]:
        """The pairs that are not in one cluster yet and whose estimated similarity may do."""
        apart = cluster[first] != cluster[second]
        first, second = first[apart], second[apart]
        threshold, permutations = self._params.threshold, self._params.permutations
        least = threshold - DEVIATIONS * float(np.sqrt(threshold * (1 - threshold) / permutations))
        near = (signatures[first] == signatures[second]).mean(axis=1) >= least
        return first[near], second[near]

    def _join(self, cluster: Rows, first: Rows, second: Rows, starts: Rows, sizes: Rows) -> None:
        """Count the shingles that pairs share; the clusters of twins become one, in place."""
        for at in range(0, len(first), _COUNTED):
            known: dict[int, frozenset[int]] = {}
            pairs = zip(first[at : at + _COUNTED], second[at : at + _COUNTED], strict=True)
            for one, two in pairs:
                root, other = sorted((root_of(cluster, one), root_of(cluster, two)))
                if root == other:
                    continue
                for row in (one, two):
                    if row not in known:
                        known[row] = self._shingles(starts[row], sizes[row])
                if jaccard(known[one], known[two]) >= self._params.threshold:
                    cluster[other] = root

    def _shingles(self, start: int, size: int) -> frozenset[int]:
        read: Hashes = np.frombuffer(self._read(int(start), 8 * int(size)), dtype=np.uint64)
        return frozenset(read.tolist())


def _agreeing(keys: NDArray[np.uint32]) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of rows with equal keys: each with the first of its bucket and a few before it."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    equal = ordered[1:] == ordered[:-1]
    several = np.append(equal, False) | np.append(False, equal)
    order, ordered = order[several], ordered[several]
    if not len(order):
        return
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    heads = np.repeat(order[starts], np.diff(np.append(starts, len(order))))
    yield heads[heads != order], order[heads != order]
    for apart in range(1, NEIGHBOURS + 1):
        same = ordered[apart:] == ordered[:-apart]
        if not same.any():
            return
        yield order[:-apart][same], order[apart:][same]
