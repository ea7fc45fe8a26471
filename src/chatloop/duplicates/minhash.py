"""MinHash signatures, and the pairs of texts that agree on a band of them.

    my lamp arrived broken   →  3c07 91d2 │ 55e0 1f6b │ …   agree on a band: to be compared
    my lamp came broken      →  3c07 91d2 │ 8a10 1f6b │ …

A permutation keeps of each text the least of its shuffled shingles, so that two texts agree with
the probability of their Jaccard similarity (Broder 1997). Texts that agree on a whole band are
candidates (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4).
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chatloop.duplicates.shingling import Hashes, Rows, mixed

Values = NDArray[np.uint32]
Bytes = NDArray[np.uint8]

# A pair at the threshold is to be found with this probability.
_RECALL = 0.995
# An estimate so many standard deviations below the threshold is not worth a count.
_DEVIATIONS = 3.0
# Of the bits of a key so many more than it takes to number the texts, and no more than that, are
# looked at first.
_SPARE_BITS, _MOST_BITS = 3, 22
# In a crowded bucket each text meets its nearest by the following band, and the first of all.
NEIGHBOURS = 16
# Shingles at once: what they need stays in the processor's cache. Texts that are read together
# differ in length by less than a step of which so many double it.
_BLOCK, _STEPS = 64_000, 2


def bands(permutations: int, threshold: float) -> tuple[int, int]:
    """Bands and rows a band: the most selective that finds a pair at the threshold."""
    for rows in range(permutations, 1, -1):
        count = permutations // rows
        if 1 - (1 - threshold**rows) ** count >= _RECALL:
            return count, rows
    return permutations, 1


def signatures(hashes: Hashes, offsets: Rows, permutations: int, seed: int) -> Values:
    """The least value of each permutation (rows) in each text (columns); no text is empty."""
    halves, sizes = (hashes >> np.uint64(32)).astype(np.uint32), np.diff(offsets)
    chance = np.random.default_rng(seed)
    # Odd factors: a permutation of 32 bits, none of which comes up twice.
    factors = chance.integers(0, 1 << 32, permutations, dtype=np.uint32) | np.uint32(1)
    shifts = chance.integers(0, 1 << 32, permutations, dtype=np.uint32)
    order, cuts = _alike(sizes)
    found = np.empty((permutations, len(sizes)), dtype=np.uint32)
    for start, end in pairwise(cuts):
        rows = order[start:end]
        # A column a text; a shorter one ends in its last shingle again, which is no less.
        ahead = np.arange(sizes[rows[-1]])[:, np.newaxis]
        said = halves[offsets[rows] + np.minimum(ahead, sizes[rows] - 1)]
        shuffled = np.empty_like(said)
        for least, factor, shift in zip(found[:, start:end], factors, shifts, strict=True):
            np.multiply(said, factor, out=shuffled)
            np.add(shuffled, shift, out=shuffled)
            np.minimum.reduce(shuffled, axis=0, out=least)
    back = np.argsort(order)
    for least in found:
        least[:] = least[back]
    return found


def _alike(sizes: Rows) -> tuple[Rows, list[int]]:
    """Texts in order of length, cut where they are as many as fit the processor's cache, or
    are no longer about as long."""
    order = np.argsort(sizes, kind="stable")
    ordered = sizes[order]
    octaves = (_STEPS * np.log2(np.maximum(ordered, 1))).astype(np.int64)
    blocks = np.cumsum(ordered) // _BLOCK
    cuts = np.flatnonzero((np.diff(octaves) > 0) | (np.diff(blocks) > 0)) + 1
    return order, [0, *cuts.tolist(), len(sizes)]


def band_keys(found: Values, count: int, width: int) -> Values:
    """A hash of each band (rows) of each text (columns)."""
    keys = np.zeros((count, found.shape[1]), dtype=np.uint64)
    for column in range(width):
        keys = mixed(keys ^ found[column : count * width : width])
    return (keys >> np.uint64(32)).astype(np.uint32)


def agreeing(keys: Values, following: Values) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of texts with equal keys: each with the first of its bucket and a few next to it.

    A bucket is in order of the following band, where it agrees, too, the more alike texts are: what
    a crowded bucket cuts off is the least alike. The pairs do not depend on the order of texts.
    """
    # Most keys are nobody else's; those that share their first bits are few.
    bits = min(len(keys).bit_length() + _SPARE_BITS, _MOST_BITS)
    first = (keys >> np.uint32(32 - bits)).astype(np.int64)
    perhaps = np.flatnonzero(np.bincount(first)[first] > 1)
    if not len(perhaps):
        return
    both = keys[perhaps].astype(np.uint64) << np.uint64(32) | following[perhaps]
    order = perhaps[np.argsort(both, kind="stable")]
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


def likely(kept: Bytes, first: Rows, second: Rows, threshold: float) -> NDArray[np.bool_]:
    """Pairs whose similarity, estimated by a byte a permutation (columns of `kept`), may do.

    Bytes agree by chance once in 256 times: a few more pairs pass than with whole signatures.
    """
    deviation = float(np.sqrt(threshold * (1 - threshold) / kept.shape[1]))
    alike = np.count_nonzero(kept[first] == kept[second], axis=1)
    return np.asarray(alike >= (threshold - _DEVIATIONS * deviation) * kept.shape[1])
