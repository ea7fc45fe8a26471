import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.reporting.data.clustering import find_topics


def topics(said: pl.Series, clusters: int, seed: int) -> pl.Series:
    return find_topics(said, clusters, seed).of(said)


TALKS = {
    "parcel": "where is my parcel tracking says delivery was yesterday number {n}",
    "refund": "i want my money back refund card payment bank {n}",
    "password": "cannot login account password reset email {n}",
}


def texts() -> tuple[pl.Series, list[str]]:
    kinds = [kind for n in range(30) for kind in TALKS]
    return pl.Series([TALKS[kind].format(n="x" * (n % 7)) for n, kind in enumerate(kinds)]), kinds


def test_what_is_said_alike_is_one_topic_named_by_its_words():
    said, kinds = texts()
    found = topics(said, 3, 7)
    pairs = set(zip(kinds, found, strict=True))
    assert len(pairs) == 3
    words = {kind: set(name.split(", ")) for kind, name in pairs}
    assert all(words[kind] <= set(TALKS[kind].split()) for kind in TALKS)


def test_the_same_seed_is_the_same_topics():
    said, _ = texts()
    assert topics(said, 5, 7).equals(topics(said, 5, 7))


@settings(deadline=None, max_examples=30)
@given(
    said=st.lists(st.text(alphabet="ab cd é漢1", max_size=20), max_size=12),
    clusters=st.integers(1, 5),
)
def test_any_texts_have_a_topic_each(said, clusters):
    found = topics(pl.Series(said, dtype=pl.String), clusters, 1)
    assert len(found) == len(said)
    assert found.null_count() == 0
    assert found.n_unique() <= clusters


def test_a_text_outside_of_the_sample_has_a_topic_of_the_sample():
    said, _ = texts()
    found = find_topics(said, 3, 7)
    more = found.of(pl.Series(["where is my parcel", "card refund", "said by nobody before"]))
    assert more[0] == found.of(said)[0]
    assert more[1] == found.of(said)[1]
    assert more[2] in found.names
