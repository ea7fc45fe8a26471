"""The phrases and marks of texts as hashes, and back to words for a person to read.

"please use blue-orchid"  →  #(please) #(use) … #(blue orchid) #(use blue orchid) … #(…lueorc…)

Beside words there are runs of letters without what stands between: b.l.u.e, bl-ue and blue have
them in common.
"""

from collections.abc import Collection
from hashlib import blake2b

import numpy as np
import polars as pl

from chatloop.duplicates.shingling import WORD, Hashes, mixed, shingles
from chatloop.feedback.guards.skeleton import marks, skeletons

# A phrase in a prompt is another one than the same phrase in an answer.
SIDES = ("prompt", "answer")
# Letters of a run, and what tells a run from a phrase of as many words.
LETTERS, _LETTERS = 6, np.uint64(0xD1B54A32D192ED03)
_SALT = {side: np.uint64(at * 0x5851F42D4C957F2D % 2**64) for at, side in enumerate(SIDES)}


def features(texts: pl.Series, side: str, words: int) -> pl.DataFrame:
    """Every phrase of up to `words` words, run and mark of each text, once: row, hash."""
    plain, parts = skeletons(texts), []
    for size in range(1, words + 1):
        hashes, offsets = shingles(plain, size, short=False)
        parts.append((np.repeat(np.arange(len(texts)), np.diff(offsets)), hashes))
    letters, offsets = shingles(_spelt(plain), LETTERS, short=False)
    parts.append((np.repeat(np.arange(len(texts)), np.diff(offsets)), mixed(letters ^ _LETTERS)))
    odd = [(row, _mark(mark)) for row, found in marks(texts) for mark in sorted(found)]
    rows = np.array([row for row, _ in odd], dtype=np.int64)
    parts.append((rows, np.array([mark for _, mark in odd], dtype=np.uint64)))
    table = pl.DataFrame(
        {
            "row": np.concatenate([rows for rows, _ in parts]),
            "hash": _salted(np.concatenate([hashes for _, hashes in parts]), side),
        }
    )
    return table.unique().sort("row", "hash")


def phrases(text: str, side: str, wanted: Collection[int], words: int) -> dict[int, str]:
    """By hash, in words, those phrases and marks of a text that are wanted."""
    plain = skeletons(pl.Series([text]))
    said, named = plain.str.extract_all(WORD).to_list()[0], dict[int, str]()
    for size in range(1, words + 1):
        hashes = _salted(shingles(plain, size, short=False)[0], side).tolist()
        named |= {one: " ".join(said[at : at + size]) for at, one in enumerate(hashes)}
    spelt = _spelt(plain)
    letters = mixed(shingles(spelt, LETTERS, short=False)[0] ^ _LETTERS)
    run = spelt[0].replace(" ", "")
    grams = enumerate(_salted(letters, side).tolist())
    named = {one: f"…{run[at : at + LETTERS]}…" for at, one in grams} | named
    odd = {mark for _, found in marks(pl.Series([text])) for mark in found}
    named |= {int(_salted(np.array([_mark(one)]), side)[0]): one for one in odd}
    return {one: named[one] for one in wanted if one in named}


def _spelt(plain: pl.Series) -> pl.Series:
    """Letters and digits alone, a space after each: however a word is pulled apart, they stay."""
    return plain.str.replace_all(r"[\W_]+", "").str.replace_all(r"(.)", "${1} ")


def _mark(mark: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(mark.encode(), digest_size=8).digest()))


def _salted(hashes: Hashes, side: str) -> Hashes:
    return mixed(hashes ^ _SALT[side])
