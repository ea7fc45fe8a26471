"""Near-duplicates of more texts than fit into memory, told in parts.

    index = TwinIndex(params, spill)
    index.add(pl.Series(["my lamp arrived broken can i return it", "where is my parcel"]))
    index.add(pl.Series(["hello my lamp arrived broken can i return it"]))
    index.clusters()  →  [0, 1, 0]

Two texts are twins when the Jaccard similarity of their shingles, counted and not estimated,
reaches the threshold; a cluster is what is connected by twins. Texts with the same shingles are
dealt with once; of the others those go on that can have a twin at all; of these, pairs are compared
that agree on a band of their MinHash signatures and are not in one cluster yet. A pair at the
threshold is found with a probability of 0.995, unless all the bands that it agrees on are crowded.

Texts are dealt with in an order of their content: neither their own nor how they were told in parts
changes a cluster. Shingles and band keys are in a file. In memory are, of each text, its digest and
where its shingles are, and of those that can have a twin a byte a permutation.
"""

import mmap
import os
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import numpy as np
import polars as pl

from chatloop.duplicates.counting import PAIRS, Clusters, Company, gathered, similarities
from chatloop.duplicates.minhash import (
    Bytes,
    Values,
    agreeing,
    band_keys,
    bands,
    likely,
    signatures,
)
from chatloop.duplicates.shingling import Hashes, Rows, mixed, shingles
from chatloop.params.data import NearDuplicates

# Texts, shingles and pairs that are in memory at once.
_TEXTS, _SHINGLES = 20_000, 1 << 19
# Most texts have no twin; some have one only with texts that were sifted out, so there are turns.
_TURNS = 3
_NONE = np.empty(0, dtype=np.int64)


def near_duplicates(texts: pl.Series, params: NearDuplicates) -> Rows:
    """For each text the row of the first text of its cluster; its own row where it has no twin.

    A cluster is what is connected by twins: the twin of a twin belongs to it.
    """
    with TemporaryFile() as spill:
        index = TwinIndex(params, cast("BinaryIO", spill))
        index.add(texts)
        return index.clusters()


class TwinIndex:
    """`spill` is a file to read and write; nobody else may use it before `clusters` is done."""

    def __init__(self, params: NearDuplicates, spill: BinaryIO) -> None:
        self._params, self._spill = params, spill
        self._bands, self._width = bands(params.permutations, params.threshold)
        self._texts = self._written = 0
        self._rows: list[Rows] = []  # of the texts that have words,
        self._starts: list[Rows] = []  # the number of their first shingle,
        self._sizes: list[Rows] = []
        self._digests: list[Hashes] = []

    def add(self, texts: pl.Series) -> None:
        """The next texts; their rows go on where the last ones ended."""
        for start in range(0, len(texts), _TEXTS):
            self._add(texts[start : start + _TEXTS])

    def clusters(self) -> Rows:
        """For each text the row of the first text of its cluster; its own where it has no twin."""
        cluster = np.arange(self._texts, dtype=np.int64)
        if not self._written:
            return cluster
        rows, digests = np.concatenate(self._rows), np.concatenate(self._digests)
        _, first, same = np.unique(digests, return_index=True, return_inverse=True)
        starts, sizes = (np.concatenate(part)[first] for part in (self._starts, self._sizes))
        roots = self._connected(starts, sizes)[same]
        lowest = np.full(len(first), self._texts, dtype=np.int64)
        np.minimum.at(lowest, roots, rows)
        cluster[rows] = lowest[roots]
        return cluster

    def _add(self, texts: pl.Series) -> None:
        hashes, offsets = shingles(texts, self._params.shingle_words)
        said = np.flatnonzero(np.diff(offsets))
        self._rows.append(self._texts + said)
        self._texts += len(texts)
        if len(said):
            self._starts.append(self._written + offsets[said])
            self._sizes.append(np.diff(offsets)[said])
            # Alike for the same shingles in whatever order.
            self._digests.append(np.add.reduceat(mixed(hashes), offsets[said]))
            self._spill.seek(0, os.SEEK_END)
            self._spill.write(hashes.data)
            self._written += len(hashes)

    def _connected(self, starts: Rows, sizes: Rows) -> Rows:
        """For each of some different texts, one that stands for all that it is connected with."""
        self._spill.flush()
        told = _Told(mmap.mmap(self._spill.fileno(), 0, access=mmap.ACCESS_READ), starts, sizes)
        kept = self._accompanied(told)
        roots = np.arange(len(starts), dtype=np.int64)
        if len(kept) > 1:
            # In order of content, not of the file.
            kept = np.sort(kept)
            told = _Told(told.mapped, starts[kept], sizes[kept])
            roots[kept] = kept[self._joined(told, *self._signed(told))]
        return roots

    def _accompanied(self, told: "_Told") -> Rows:
        """Texts that can have a twin."""
        kept = np.arange(len(told.sizes), dtype=np.int64)
        for _ in range(_TURNS):
            company = Company(int(told.sizes[kept].sum()))
            for _, hashes in told.parts(kept):
                company.tell(hashes)
            left = [
                rows[company.kept(hashes, told.sizes[rows], self._params.threshold)]
                for rows, hashes in told.parts(kept)
            ]
            before, kept = len(kept), np.concatenate(left or [kept])
            if len(kept) == before:
                break
        return kept

    def _signed(self, told: "_Told") -> tuple[Bytes, "_Keys"]:
        """Of each text a byte a permutation, and the keys of its bands."""
        permutations, seed = self._params.permutations, self._params.seed
        kept = np.empty((len(told.sizes), permutations), dtype=np.uint8)
        keys = _Keys(self._spill)
        for rows, hashes in told.parts(np.arange(len(told.sizes))):
            offsets = np.concatenate(([0], np.cumsum(told.sizes[rows])))
            found = signatures(hashes, offsets, permutations, seed)
            kept[rows] = found.T.astype(np.uint8)
            keys.add(rows, band_keys(found, self._bands, self._width))
        return kept, keys

    def _joined(self, told: "_Told", kept: Bytes, keys: "_Keys") -> Rows:
        """For each text the root of its cluster."""
        clusters = Clusters(len(kept))
        for first, second in _gathered(self._met(keys)):
            pair = clusters.unsettled(first, second)
            near = likely(kept, *pair, self._params.threshold)
            self._compare(told, clusters, pair[0][near], pair[1][near])
        return clusters.roots

    def _met(self, keys: "_Keys") -> Iterator[tuple[Rows, Rows]]:
        """Pairs of texts that agree on a band, band by band."""
        current = keys.of(0)
        for band in range(self._bands):
            following = keys.of((band + 1) % self._bands)
            yield from agreeing(current, following)
            current = following

    def _compare(self, told: "_Told", clusters: Clusters, first: Rows, second: Rows) -> None:
        """Count what pairs share, so many at once as fit, without those that became one since."""
        costs = np.cumsum(told.sizes[first] + told.sizes[second]) // _SHINGLES
        for part in np.split(np.arange(len(first)), np.flatnonzero(np.diff(costs)) + 1):
            pair = clusters.unsettled(first[part], second[part])
            if len(pair[0]):
                alike = similarities(told.hashes, told.starts, told.sizes, *pair)
                clusters.judge(*pair, alike >= self._params.threshold)
            told.forget()


def _gathered(met: Iterator[tuple[Rows, Rows]]) -> Iterator[tuple[Rows, Rows]]:
    """The same pairs, many few put together and what is too many cut."""
    held: list[tuple[Rows, Rows]] = []
    for pair in met:
        held.append(pair)
        if sum(len(first) for first, _ in held) >= PAIRS:
            yield from _cut(held)
            held = []
    yield from _cut(held)


def _cut(held: list[tuple[Rows, Rows]]) -> Iterator[tuple[Rows, Rows]]:
    first, second = (np.concatenate([pair[side] for pair in held] or [_NONE]) for side in (0, 1))
    for at in range(0, len(first), PAIRS):
        yield first[at : at + PAIRS], second[at : at + PAIRS]


class _Told:
    """Different texts in the file that is mapped."""

    def __init__(self, mapped: mmap.mmap, starts: Rows, sizes: Rows) -> None:
        self.mapped, self.starts, self.sizes = mapped, starts, sizes
        self.hashes: Hashes = np.frombuffer(mapped, dtype=np.uint64)

    def parts(self, rows: Rows) -> Iterator[tuple[Rows, Hashes]]:
        """Some of the texts as they stand in the file, as many at once as fit in memory."""
        rows = rows[np.argsort(self.starts[rows])]
        costs = np.cumsum(self.sizes[rows] + _SHINGLES // _TEXTS) // _SHINGLES
        for part in np.split(rows, np.flatnonzero(np.diff(costs)) + 1):
            if len(part):
                yield part, gathered(self.hashes, self.starts[part], self.sizes[part])
                self.forget()

    def forget(self) -> None:
        """What was read need not stay in memory."""
        self.mapped.madvise(mmap.MADV_DONTNEED)


class _Keys:
    """Band keys of all texts, in the file."""

    def __init__(self, spill: BinaryIO) -> None:
        self._spill = spill
        self._rows: list[Rows] = []
        self._places: list[int] = []

    def add(self, rows: Rows, keys: Values) -> None:
        """The keys of some texts, a row a band."""
        self._rows.append(rows)
        self._places.append(self._spill.seek(0, os.SEEK_END))
        self._spill.write(keys.data)

    def of(self, band: int) -> Values:
        """The key of every text in one band."""
        keys = np.empty(sum(map(len, self._rows)), dtype=np.uint32)
        for rows, place in zip(self._rows, self._places, strict=True):
            self._spill.seek(place + 4 * band * len(rows))
            keys[rows] = np.frombuffer(self._spill.read(4 * len(rows)), dtype=np.uint32)
        return keys
