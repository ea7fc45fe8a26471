from itertools import combinations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.duplicates.counting import Company, similarities
from chatloop.duplicates.shingling import shingles

TEXTS = st.lists(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=12).map(" ".join),
    min_size=2,
    max_size=12,
)


def jaccard(one: np.ndarray, two: np.ndarray) -> float:
    first, second = set(one.tolist()), set(two.tolist())
    return len(first & second) / len(first | second)


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS, threshold=st.sampled_from([0.3, 0.5, 0.8]))
def test_pairs_are_counted_and_no_twin_is_held_back(texts, threshold):
    hashes, offsets = shingles(pl.Series(texts), 2)
    starts, sizes = offsets[:-1], np.diff(offsets)
    first, second = np.array(list(combinations(range(len(texts)), 2))).T
    said = np.split(hashes, offsets[1:-1])
    meant = [jaccard(said[one], said[two]) for one, two in zip(first, second, strict=True)]
    found = similarities(hashes, starts, sizes, first, second)
    assert found.tolist() == meant
    company = Company(len(hashes))
    company.tell(hashes)
    kept = company.kept(hashes, sizes, threshold)
    twins = found >= threshold
    assert kept[first[twins]].all()
    assert kept[second[twins]].all()
