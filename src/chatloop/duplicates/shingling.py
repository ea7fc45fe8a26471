"""Word shingles as hashes, the same in every process and on every machine.

    my lamp arrived broken  →  #(my lamp arrived) │ #(lamp arrived broken)

Texts are read as bytes, a block at a time: what a block needs stays in the processor's cache, and
no word is ever an object.
"""

from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Rows = NDArray[np.int64]

# Scripts that put no space between words count every character as one.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}"
WORD = rf"[{_UNSPACED}]|[\w--[{_UNSPACED}]]+"

_BLOCK, _THREADS = 1 << 18, 2  # bytes; NumPy and Polars let the other thread run
_MIX = np.uint64(0x9E3779B97F4A7C15)
# 1 for each byte that a word of `WORD` is made of, where everything but ASCII is in a word.
_WORDLY = bytes(chr(code).isalnum() or chr(code) == "_" for code in range(128)) + b"\1" * 128
# A word is read eight bytes at a time, of which so many are its own.
_OWN = np.array([(1 << 8 * size) - 1 for size in range(9)], dtype=np.uint64)
# The rest of a longer word is read at once, so that a hostile one costs no more than others.
_LONG = 64


def shingles(texts: pl.Series, words: int, short: bool = True) -> tuple[Hashes, Rows]:
    """Shingle hashes of all texts, end to end, and where each text begins and ends.

    A text of fewer words than a shingle is one shingle, or none where `short` is false; a text
    without words has none.
    """
    ascii_only = (texts.str.len_bytes() == texts.str.len_chars()).to_numpy()
    if not ascii_only.all():
        others = np.flatnonzero(~ascii_only)
        spelled = texts.gather(others).str.extract_all(WORD).list.join(" ")
        texts = texts.scatter(others, spelled)
    sizes = texts.str.len_bytes().to_numpy().astype(np.int64)
    with ThreadPoolExecutor(_THREADS) as pool:
        parts = pool.map(lambda of: _block(texts[of], sizes[of], words, short), _blocks(sizes))
    hashes, counts = zip(*parts, strict=True)
    return np.concatenate(hashes), np.cumsum(np.concatenate(([0], *counts)))


def mixed(hashes: Hashes) -> Hashes:
    """Every bit of the input moves half of the output's; no two inputs give the same."""
    hashes = hashes * _MIX
    hashes ^= hashes >> np.uint64(29)
    return hashes


def _blocks(sizes: Rows) -> list[slice]:
    """Which texts are a block; one block at least."""
    block = np.cumsum(sizes) // _BLOCK
    starts = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist()]
    return [slice(*ends) for ends in zip(starts, [*starts[1:], len(sizes)], strict=True)]


def _block(texts: pl.Series, sizes: Rows, words: int, short: bool) -> tuple[Hashes, Rows]:
    """Shingle hashes of a block, and how many each text has."""
    # The last bytes are there to be read past a word's end.
    data = b" " + (texts.str.join(" ").item() or "").encode() + b" " * 8
    wordly = np.frombuffer(data.translate(_WORDLY), dtype=np.bool_)
    edges = np.flatnonzero(wordly[1:] != wordly[:-1]) + 1
    starts = edges[::2]
    said = _word_hashes(data, starts, edges[1::2] - starts)
    ends = np.searchsorted(starts, np.cumsum(sizes + 1))
    return _joined(said, np.diff(ends, prepend=0), words, short)


def _word_hashes(data: bytes, starts: Rows, sizes: Rows) -> Hashes:
    """A hash of each word; words of up to eight bytes never collide."""
    eights = np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
    hashes = mixed(eights[starts] & _OWN[np.minimum(sizes, 8)])
    longer = np.flatnonzero(sizes > 8)  # noqa: PLR2004 what `eights` are
    for at in range(8, _LONG, 8):
        own = _OWN[np.minimum(sizes[longer] - at, 8)]
        hashes[longer] = mixed(hashes[longer] ^ (eights[starts[longer] + at] & own))
        longer = longer[sizes[longer] > at + 8]
    for word in longer:
        rest = data[starts[word] + _LONG : starts[word] + sizes[word]]
        hashes[word] ^= np.uint64(int.from_bytes(blake2b(rest, digest_size=8).digest()))
    return hashes


def _joined(said: Hashes, lengths: Rows, words: int, short: bool) -> tuple[Hashes, Rows]:
    """Hashes of so many words each, none over the end of its text."""
    hashes, whole = mixed(said), np.ones(len(said), dtype=np.bool_)
    ends = np.cumsum(lengths)
    for ahead in range(1, words):
        hashes[:-ahead] = mixed(hashes[:-ahead] ^ said[ahead:])
        whole[np.maximum(ends[lengths > 0] - ahead, 0)] = False
    few = (lengths > 0) & (lengths < words) & short
    begins, left = (ends - lengths)[few], lengths[few]
    one = mixed(said[begins])
    for ahead in range(1, words):
        # Past the end of its text a short shingle goes on with nothing.
        inside = left > ahead
        following = said[np.where(inside, begins + ahead, 0)]
        one = mixed(one ^ np.where(inside, following, np.uint64(0)))
    hashes[begins], whole[begins] = one, True
    return hashes[whole], np.where(few, 1, np.maximum(lengths - words + 1, 0))
