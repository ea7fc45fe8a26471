import re
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.duplicates import shingling
from chatloop.duplicates.shingling import WORD, shingles


def by_text(*texts: str, words: int = 2) -> list[list[int]]:
    hashes, offsets = shingles(pl.Series(texts, dtype=pl.String), words)
    return [hashes[a:b].tolist() for a, b in pairwise(offsets)]


def spelled(text: str, words: int) -> list[tuple[str, ...]]:
    """The shingles of a text as words."""
    said = pl.Series([text]).str.extract_all(WORD).to_list()[0]
    last = max(1, len(said) - words + 1)
    return [tuple(said[at : at + words]) for at in range(last)] if said else []


@settings(max_examples=150, deadline=None)
@given(
    texts=st.lists(st.text("ab_9 ,.é日本€́", max_size=30), min_size=1, max_size=8),
    words=st.integers(1, 4),
)
def test_shingles_are_alike_exactly_where_their_words_are(texts, words):
    found = [one for many in by_text(*texts, words=words) for one in many]
    meant = [one for text in texts for one in spelled(text, words)]
    assert len(found) == len(meant)
    assert len(set(zip(found, meant, strict=True))) == len(set(found)) == len(set(meant))


@pytest.mark.parametrize("size", [1, 7, 8, 9, 16, 63, 64, 65, 500])
def test_words_of_any_length_are_told_apart_by_any_letter(size):
    word = "a" * size
    others = [word[:at] + "b" + word[at + 1 :] for at in {0, size // 2, size - 1}]
    (same,), (again,), *rest = by_text(word, f"  {word}!", *others, word + "a", words=1)
    assert same == again
    assert all(same != one for (one,) in rest)


def test_hashes_are_the_same_in_every_release():
    assert by_text("where is my parcel", words=3) == [[6049457893816743367, 16774471956611689088]]


def test_a_word_hashes_the_same_beside_words_of_other_scripts():
    plain, accented = by_text("my lamp", "my lamp café", words=2)
    assert accented[0] == plain[0]


def test_blocks_do_not_show(monkeypatch):
    texts = [re.sub("x", str(n), "x lamps and x parcels, x€") * (n % 5) for n in range(60)]
    whole = by_text(*texts, words=3)
    monkeypatch.setattr(shingling, "_BLOCK", 64)
    assert by_text(*texts, words=3) == whole
