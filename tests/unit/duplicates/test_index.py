from tempfile import TemporaryFile

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.duplicates.index import TwinIndex, near_duplicates
from chatloop.params.data import NearDuplicates

PARAMS = NearDuplicates(threshold=0.6, permutations=64, shingle_words=2, seed=1)
WORDS = st.lists(st.sampled_from(["a", "lamp", "is", "broken", "große", "再", "!"]), max_size=12)


def told(texts: list[str], size: int) -> list[int]:
    with TemporaryFile() as spill:
        index = TwinIndex(PARAMS, spill)  # type: ignore[arg-type]
        for start in range(0, len(texts), size):
            index.add(pl.Series(texts[start : start + size], dtype=pl.String))
        return index.clusters().tolist()


@settings(deadline=None, max_examples=60)
@given(st.lists(WORDS.map(" ".join), max_size=14), st.integers(1, 5))
def test_in_parts_of_any_size_the_clusters_are_those_of_the_whole(texts, size):
    whole = near_duplicates(pl.Series(texts, dtype=pl.String), PARAMS)
    assert told(texts, size) == whole.tolist()


def test_nothing_and_texts_without_words_have_no_twins():
    assert told([], 3) == []
    assert told(["", "!", ""], 1) == [0, 1, 2]
