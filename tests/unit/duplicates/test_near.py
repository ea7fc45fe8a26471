from itertools import combinations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.duplicates.index import near_duplicates
from chatloop.params import NearDuplicates

PARAMS = NearDuplicates(threshold=0.6, permutations=128, shingle_words=2, seed=1)


def clusters(*texts: str, **changes: object) -> list[int]:
    return near_duplicates(
        pl.Series(texts, dtype=pl.String), PARAMS.model_copy(update=changes)
    ).tolist()


def jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / max(1, len(one | two))


def shingles(text: str, words: int) -> frozenset[str]:
    said = text.split()
    last = max(1, len(said) - words + 1)
    return frozenset(" ".join(said[at : at + words]) for at in range(last)) if said else frozenset()


def counted(texts: list[str], threshold: float) -> list[int]:
    """Clusters by comparing every text with every other."""
    cluster = list(range(len(texts)))
    for one, two in combinations(range(len(texts)), 2):
        if jaccard(shingles(texts[one], 2), shingles(texts[two], 2)) >= threshold:
            low, high = sorted((cluster[one], cluster[two]))
            cluster = [low if root == high else root for root in cluster]
    return cluster


LAMP = "my lamp arrived broken can i return it please"


def test_texts_that_share_most_shingles_are_one_cluster_named_by_its_first():
    assert clusters(LAMP, "where is my parcel", "hello " + LAMP, LAMP) == [0, 1, 0, 0]


def test_the_twin_of_a_twin_belongs_to_the_cluster():
    one, two, three = "a b c d e f g h", "c d e f g h i j", "e f g h i j k l"
    assert clusters(one, three, two, threshold=0.5) == [0, 0, 0]
    assert clusters(one, three, threshold=0.5) == [0, 1]


def test_similarity_is_counted_at_the_threshold_and_not_estimated():
    one, two = "a b c d e f", "b c d e f g"  # 4 of 6 shingles
    assert clusters(one, two, threshold=4 / 6) == [0, 0]
    assert clusters(one, two, threshold=4 / 6 + 0.001) == [0, 1]


def test_short_texts_count_as_one_shingle_and_empty_ones_are_nobodys_twin():
    assert clusters("hi", "", "hi", "", "hi there you", shingle_words=3) == [0, 1, 0, 3, 4]
    assert clusters() == []
    assert clusters("") == [0]


def test_scripts_without_spaces_are_compared_by_character():
    assert clusters("我的灯坏了我想退货谢谢你", "我的灯坏了我想退货谢谢", "你好") == [0, 0, 2]


def test_the_result_depends_on_nothing_but_the_arguments():
    texts = [f"{LAMP} {n} {n}" for n in range(50)]
    assert clusters(*texts) == clusters(*texts)


def test_many_twins_are_found_without_comparing_all_of_them():
    texts = pl.Series([f"{LAMP} number {n}" for n in range(20_000)])
    assert not near_duplicates(texts, PARAMS).any()


WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=12).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(WORDS, max_size=12))
def test_clusters_are_those_of_comparing_every_pair(texts):
    # 256 permutations miss a pair at the threshold about once in two thousand.
    found = near_duplicates(
        pl.Series(texts, dtype=pl.String),
        PARAMS.model_copy(update={"permutations": 256, "threshold": 0.8}),
    )
    assert found.tolist() == counted(texts, 0.8)
    assert found.dtype == np.int64
