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
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl
import rensa
from numpy.typing import NDArray

from chatloop.params.data import NearDuplicates

Hashes = NDArray[np.uint64]
Rows = NDArray[np.int64]

# A pair at the threshold is to be found with this probability.
_RECALL = 0.995
# An estimate so many standard deviations below the threshold is not worth a count.
_DEVIATIONS = 3.0
# In a crowded bucket each text meets its nearest neighbours by row, and the first of the bucket.
_NEIGHBOURS = 16
_CHUNK = 100_000
_MIX = np.uint64(0x9E3779B97F4A7C15)
# Scripts that put no space between words count every character as one.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}"
WORD = rf"[{_UNSPACED}]|[\w--[{_UNSPACED}]]+"


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
    suspects = _suspects(hashes, offsets, params)
    if len(suspects):
        lengths = np.diff(offsets)[suspects]
        ends = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        theirs = np.repeat(offsets[suspects] - ends[:-1], lengths) + np.arange(ends[-1])
        cluster[suspects] = suspects[_clusters(hashes[theirs], ends, params)]
    return cluster


def _suspects(hashes: Hashes, offsets: Rows, params: NearDuplicates) -> Rows:
    """Rows that agree with another on a band: most texts have no twin, and are done with here."""
    if len(offsets) < 3 or not len(hashes):  # noqa: PLR2004 one text has no twin
        return np.empty(0, dtype=np.int64)
    count, width = bands(params.permutations, params.threshold)
    said = np.flatnonzero(np.diff(offsets))
    # A text without words leaves its begin and its end at the same place.
    ends = np.append(offsets[said], offsets[-1])
    matrix = _digest(hashes, ends, count * width, params.seed)
    index = rensa.RMinHashLSH(params.threshold, count * width, count)
    alike = np.array(index.query_duplicate_flags_matrix_one_shot(matrix), dtype=bool)
    return np.asarray(said[alike])


def _clusters(hashes: Hashes, offsets: Rows, params: NearDuplicates) -> Rows:
    """Clusters of texts given by their shingles, of which none is without any."""
    cluster = np.arange(len(offsets) - 1, dtype=np.int64)
    known: dict[int, frozenset[int]] = {}

    def distinct(row: int) -> frozenset[int]:
        if row not in known:
            known[row] = frozenset(hashes[offsets[row] : offsets[row + 1]].tolist())
        return known[row]

    signatures = _signatures(hashes, offsets, params)
    likely = _likely(signatures, params.threshold)
    for first, second in _candidates(signatures, params.threshold):
        # Most candidates of a large cluster are in it already.
        apart = cluster[first] != cluster[second]
        for one, two in likely(first[apart], second[apart]):
            root, other = sorted((_root(cluster, one), _root(cluster, two)))
            if root != other and jaccard(distinct(one), distinct(two)) >= params.threshold:
                cluster[other] = root
        cluster = _flat(cluster)
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


def shingles(texts: pl.Series, words: int) -> tuple[Hashes, Rows]:
    """Shingle hashes of all texts, end to end, and where each text begins and ends.

    A text of fewer words than a shingle is one shingle; a text without words has none.
    """
    spoken = texts.str.extract_all(WORD)
    lengths = spoken.list.len().to_numpy().astype(np.int64)
    flat = _word_hashes(spoken.filter(spoken.list.len() > 0).explode())
    owner = np.repeat(np.arange(len(texts)), lengths)
    place = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    left = np.repeat(lengths, lengths) - place
    hashes = np.zeros(len(flat), dtype=np.uint64)
    for ahead in range(words):
        # Past the end of its text a short shingle goes on with nothing.
        following = np.where(left > ahead, np.roll(flat, -ahead), np.uint64(0))
        hashes = (hashes ^ following) * _MIX
        hashes ^= hashes >> np.uint64(29)
    whole = (left >= words) | (place == 0)
    counts = np.bincount(owner[whole], minlength=len(texts))
    return hashes[whole], np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def _word_hashes(words: pl.Series) -> Hashes:
    """A hash of each word that is the same in every process and release."""
    codes = words.cast(pl.Categorical(pl.Categories.random())).to_physical().to_numpy()
    where = np.zeros(int(codes.max()) + 1 if len(codes) else 0, dtype=np.int64)
    where[codes] = np.arange(len(codes))
    digests = [blake2b(word.encode(), digest_size=8).digest() for word in words.gather(where)]
    hashes = np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)
    return np.asarray(hashes[codes])


def _signatures(hashes: Hashes, offsets: Rows, params: NearDuplicates) -> NDArray[np.uint32]:
    """MinHash signatures, one row a text."""
    matrix = _digest(hashes, offsets, params.permutations, params.seed)
    return np.array(matrix.to_rows(), dtype=np.uint32)


def _digest(hashes: Hashes, offsets: Rows, permutations: int, seed: int) -> Any:
    return rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        hashes, offsets.astype(np.uint64), permutations, seed
    )


def _candidates(signatures: NDArray[np.uint32], threshold: float) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of rows that agree on a band, the lower first: band by band, a chunk at a time."""
    count, width = bands(signatures.shape[1], threshold)
    rows = np.arange(len(signatures))
    for band in range(count):
        keys = _band_keys(signatures[:, band * width : (band + 1) * width])
        first, second = _pairs(keys, rows)
        for start in range(0, len(first), _CHUNK):
            yield first[start : start + _CHUNK], second[start : start + _CHUNK]


def _likely(
    signatures: NDArray[np.uint32], threshold: float
) -> Callable[[Rows, Rows], Iterator[tuple[int, int]]]:
    """A sieve that lets pairs through whose estimated similarity may be enough."""
    deviation = float(np.sqrt(threshold * (1 - threshold) / signatures.shape[1]))
    least = threshold - _DEVIATIONS * deviation

    def sieve(first: Rows, second: Rows) -> Iterator[tuple[int, int]]:
        near = (signatures[first] == signatures[second]).mean(axis=1) >= least
        return zip(first[near].tolist(), second[near].tolist(), strict=True)

    return sieve


def _band_keys(band: NDArray[np.uint32]) -> Hashes:
    keys = np.zeros(len(band), dtype=np.uint64)
    for column in band.T:
        keys = (keys ^ column) * _MIX
        keys ^= keys >> np.uint64(29)
    return keys


def _pairs(keys: Hashes, rows: Rows) -> tuple[Rows, Rows]:
    """Pairs of rows with equal keys: each with the first of its bucket and a few before it."""
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    heads = np.repeat(rows[starts], np.diff(np.append(starts, len(keys))))
    pairs = [(heads[heads != rows], rows[heads != rows])]
    for apart in range(1, min(_NEIGHBOURS, len(keys) - 1) + 1):
        same = keys[apart:] == keys[:-apart]
        pairs.append((rows[:-apart][same], rows[apart:][same]))
    first, second = zip(*pairs, strict=True)
    return np.concatenate(first), np.concatenate(second)


def _root(cluster: Rows, row: int) -> int:
    while cluster[row] != row:
        cluster[row] = cluster[cluster[row]]
        row = int(cluster[row])
    return row


def _flat(cluster: Rows) -> Rows:
    """Every row pointing at the root of its cluster."""
    while not np.array_equal(cluster, further := cluster[cluster]):
        cluster = further
    return cluster
