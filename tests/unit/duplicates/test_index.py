from collections import Counter
from tempfile import TemporaryFile

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.duplicates import index
from chatloop.duplicates.index import TwinIndex, near_duplicates
from chatloop.params.data import NearDuplicates

PARAMS = NearDuplicates(threshold=0.6, permutations=64, shingle_words=2, seed=1)
WORDS = st.lists(st.sampled_from(["a", "lamp", "is", "broken", "große", "再", "!"]), max_size=12)


def told(texts: list[str], size: int) -> list[int]:
    with TemporaryFile() as spill:
        twins = TwinIndex(PARAMS, spill)  # type: ignore[arg-type]
        for start in range(0, len(texts), size):
            twins.add(pl.Series(texts[start : start + size], dtype=pl.String))
        return twins.clusters().tolist()


@settings(deadline=None, max_examples=60)
@given(st.lists(WORDS.map(" ".join), max_size=14), st.integers(1, 5))
def test_in_parts_of_any_size_the_clusters_are_those_of_the_whole(texts, size):
    whole = near_duplicates(pl.Series(texts, dtype=pl.String), PARAMS)
    assert told(texts, size) == whole.tolist()


def test_nothing_and_texts_without_words_have_no_twins():
    assert told([], 3) == []
    assert told(["", "!", ""], 1) == [0, 1, 2]


@settings(deadline=None, max_examples=60)
@given(st.lists(WORDS.map(" ".join), max_size=14), st.randoms(use_true_random=False))
def test_the_order_of_texts_changes_no_cluster(texts, random):
    order = random.sample(range(len(texts)), len(texts))
    before, after = told(texts, 5), told([texts[at] for at in order], 3)
    place = {at: new for new, at in enumerate(order)}
    together = [[before[one] == before[two] for two in order] for one in order]
    assert together == [[after[place[one]] == after[place[two]] for two in order] for one in order]


def test_neither_does_it_where_buckets_are_crowded():
    lamp = "my lamp number {} arrived broken and late can i return it please"
    texts = [lamp.format(f"{n} {n % 7} {n % 3}") for n in range(600)]
    sizes = sorted(Counter(told(texts, 600)).values())
    assert sizes == sorted(Counter(told(texts[::-1], 250)).values())


def test_many_pairs_are_compared_a_few_at_a_time(monkeypatch):
    texts = [f"{n % 40} is the lamp that arrived broken {n % 9}" for n in range(400)]
    at_once = told(texts, 400)
    monkeypatch.setattr(index, "_SHINGLES", 64)
    monkeypatch.setattr(index, "PAIRS", 16)
    assert told(texts, 400) == at_once
