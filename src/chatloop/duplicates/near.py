"""Near-duplicates: texts that share most of their word shingles, grouped into clusters.

    0  my lamp arrived broken can i return it please
    1  hello my lamp arrived broken can i return it    →  clusters [0, 0, 2]
    2  where is my parcel

MinHash signatures (Broder 1997; rensa) are cut into bands, texts that agree on a band are
candidates (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4), and a candidate is a
twin when the Jaccard similarity of its shingles, counted and not estimated, reaches the threshold.
Everything is a function of the texts, their order and the seed.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
import rensa
from numpy.typing import NDArray

from chatloop.duplicates.shingling import Hashes, Rows, mixed, shingles
from chatloop.params.data import NearDuplicates

Flags = NDArray[np.bool_]

# A pair at the threshold is to be found with this probability.
_RECALL = 0.995
# An estimate so many standard deviations below the threshold is not worth a count.
DEVIATIONS = 3.0
# In a crowded bucket each text meets its nearest neighbours by row, and the first of the bucket.
NEIGHBOURS = 16
_CHUNK = 100_000
# Of the bits that tell shingles apart, so many more than it takes to count them.
_SPARE_BITS = 1
_ROUNDING = 1e-9


def transcripts(turns: pl.DataFrame) -> pl.DataFrame:
    """One row a conversation, sorted: conversation_id and `transcript`, lower case, a line a turn.

    Without system turns: the same prompt over every conversation makes no twins of them.
    """
    content = pl.col("content").str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()
    return (
        turns.sort("conversation_id", "turn")
        .group_by("conversation_id", maintain_order=True)
        .agg(content.filter(pl.col("role") != "system").str.join("\n").alias("transcript"))
    )


def near_duplicates(texts: pl.Series, params: NearDuplicates) -> Rows:
    """For each text the row of the first text of its cluster; its own row where it has no twin.

    A cluster is what is connected by twins: the twin of a twin belongs to it.
    """
    hashes, offsets = shingles(texts, params.shingle_words)
    cluster = np.arange(len(texts), dtype=np.int64)
    rows = np.flatnonzero(np.diff(offsets))
    # Most texts have no twin. Those that have one only with texts sifted out go in the second turn.
    for sieve in (_accompanied, _accompanied, _agreeing):
        rows = rows[sieve(*_of(rows, hashes, offsets), params)]
    if len(rows):
        cluster[rows] = rows[_clusters(*_of(rows, hashes, offsets), params)]
    return cluster


def _of(rows: Rows, hashes: Hashes, offsets: Rows) -> tuple[Hashes, Rows]:
    """The shingles of some of the texts, or of all, in the same form."""
    if len(rows) == len(offsets) - 1:
        return hashes, offsets
    lengths = np.diff(offsets)[rows]
    ends = np.concatenate(([0], np.cumsum(lengths)))
    return hashes[np.repeat(offsets[rows] - ends[:-1], lengths) + np.arange(ends[-1])], ends


def _accompanied(hashes: Hashes, offsets: Rows, params: NearDuplicates) -> Flags:
    """Texts enough of whose shingles stand somewhere else, too: no other can have a twin.

    Shingles are counted by a part of their hash: two that share it pass for the same, which lets
    a text through that could be held back, never the reverse.
    """
    bits = max(1, len(hashes)).bit_length() + _SPARE_BITS
    places = (hashes >> np.uint64(64 - bits)).astype(np.int64)
    alone = (np.bincount(places) == 1)[places]
    before = np.concatenate(([0], np.cumsum(alone)))
    allowed = (1 - params.threshold) * np.diff(offsets)
    return np.asarray(np.diff(before[offsets]) <= allowed + _ROUNDING)


def _agreeing(hashes: Hashes, offsets: Rows, params: NearDuplicates) -> Flags:
    """Texts that agree with another on a band."""
    if len(offsets) < 3:  # noqa: PLR2004 one text has no twin
        return np.zeros(len(offsets) - 1, dtype=np.bool_)
    count, width = bands(params.permutations, params.threshold)
    matrix = _digest(hashes, offsets, count * width, params.seed)
    index = rensa.RMinHashLSH(params.threshold, count * width, count)
    return np.array(index.query_duplicate_flags_matrix_one_shot(matrix), dtype=np.bool_)


def _clusters(hashes: Hashes, offsets: Rows, params: NearDuplicates) -> Rows:
    """Clusters of texts given by their shingles, of which none is without any."""
    cluster = np.arange(len(offsets) - 1, dtype=np.int64)
    known: dict[int, frozenset[int]] = {}
    strangers: set[tuple[int, int]] = set()

    def distinct(row: int) -> frozenset[int]:
        if row not in known:
            known[row] = frozenset(hashes[offsets[row] : offsets[row + 1]].tolist())
        return known[row]

    signatures = signatures_of(hashes, offsets, params)
    likely = _likely(signatures, params.threshold)
    for first, second in _candidates(signatures, params.threshold):
        # Most candidates of a large cluster are in it already.
        apart = cluster[first] != cluster[second]
        # Many meet in more than one band.
        for one, two in likely(first[apart], second[apart]):
            root, other = sorted((root_of(cluster, one), root_of(cluster, two)))
            if root == other or (one, two) in strangers:
                continue
            if jaccard(distinct(one), distinct(two)) >= params.threshold:
                cluster[other] = root
            else:
                strangers.add((one, two))
        cluster = flattened(cluster)
    return cluster


def jaccard(first: frozenset[int], second: frozenset[int]) -> float:
    """Shared elements as a share of all; 0.0 where both are empty."""
    shared = len(first & second)
    return shared / max(1, len(first) + len(second) - shared)


def bands(permutations: int, threshold: float) -> tuple[int, int]:
    """Bands and rows a band: the most selective that finds a pair at the threshold."""
    for rows in range(permutations, 1, -1):
        count = permutations // rows
        if 1 - (1 - threshold**rows) ** count >= _RECALL:
            return count, rows
    return permutations, 1


def signatures_of(hashes: Hashes, offsets: Rows, params: NearDuplicates) -> NDArray[np.uint32]:
    """MinHash signatures, one row a text."""
    rows = _digest(hashes, offsets, params.permutations, params.seed).to_rows()
    flat = np.fromiter(chain.from_iterable(rows), np.uint32, len(rows) * params.permutations)
    return flat.reshape(len(rows), params.permutations)


def _digest(hashes: Hashes, offsets: Rows, permutations: int, seed: int) -> Any:
    return rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        hashes, offsets.astype(np.uint64), permutations, seed
    )


def _candidates(signatures: NDArray[np.uint32], threshold: float) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of rows that agree on a band, the lower first: band by band, a chunk at a time."""
    count, width = bands(signatures.shape[1], threshold)
    rows = np.arange(len(signatures))
    for band in range(count):
        keys = band_keys(signatures[:, band * width : (band + 1) * width])
        first, second = _pairs(keys, rows)
        for start in range(0, len(first), _CHUNK):
            yield first[start : start + _CHUNK], second[start : start + _CHUNK]


def _likely(
    signatures: NDArray[np.uint32], threshold: float
) -> Callable[[Rows, Rows], Iterator[tuple[int, int]]]:
    """A sieve that lets pairs through whose estimated similarity may be enough."""
    deviation = float(np.sqrt(threshold * (1 - threshold) / signatures.shape[1]))
    least = threshold - DEVIATIONS * deviation

    def sieve(first: Rows, second: Rows) -> Iterator[tuple[int, int]]:
        near = (signatures[first] == signatures[second]).mean(axis=1) >= least
        return zip(first[near].tolist(), second[near].tolist(), strict=True)

    return sieve


def band_keys(band: NDArray[np.uint32]) -> Hashes:
    """A hash of each row of a band."""
    keys = np.zeros(len(band), dtype=np.uint64)
    for column in band.T:
        keys = mixed(keys ^ column)
    return keys


def _pairs(keys: Hashes, rows: Rows) -> tuple[Rows, Rows]:
    """Pairs of rows with equal keys: each with the first of its bucket and a few before it."""
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    heads = np.repeat(rows[starts], np.diff(np.append(starts, len(keys))))
    pairs = [(heads[heads != rows], rows[heads != rows])]
    for apart in range(1, min(NEIGHBOURS, len(keys) - 1) + 1):
        same = keys[apart:] == keys[:-apart]
        pairs.append((rows[:-apart][same], rows[apart:][same]))
    first, second = zip(*pairs, strict=True)
    return np.concatenate(first), np.concatenate(second)


def root_of(cluster: Rows, row: int) -> int:
    """The first row of the cluster that a row belongs to."""
    while cluster[row] != row:
        cluster[row] = cluster[cluster[row]]
        row = int(cluster[row])
    return row


def flattened(cluster: Rows) -> Rows:
    """Every row pointing at the root of its cluster."""
    while not np.array_equal(cluster, further := cluster[cluster]):
        cluster = further
    return cluster
