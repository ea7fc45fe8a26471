import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatloop.reporting.data.drift import STATISTICS, drift, jensen_shannon, psi

PROFILE = {
    "conversations": 10,
    "turn_words": [1, 2, 3],
    "talk_turns": [5, 5],
    "topics": {"returns": 6, "refunds": 4},
    "languages": {"en": 10},
    "vocabulary": {"buckets": [3, 0, 7]},
}


def test_the_statistics_are_those_of_the_books() -> None:
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    assert psi(p, q) == pytest.approx(0.25 * math.log(2) - 0.25 * math.log(0.5 / 0.75))
    assert jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == 1.0
    middle = (0.375, 0.625)
    expected = sum(
        w * sum(a * math.log2(a / m) for a, m in zip(side, middle, strict=True))
        for w, side in ((0.5, (0.5, 0.5)), (0.5, (0.25, 0.75)))
    )
    assert jensen_shannon(p, q) == pytest.approx(expected)


def test_the_same_data_did_not_drift_and_nothing_drifts_from_nothing() -> None:
    assert drift(PROFILE, PROFILE) == dict.fromkeys(STATISTICS, 0.0)
    assert drift(PROFILE, {"conversations": None}) == {}
    assert drift(PROFILE, {}) == {}


def test_a_new_topic_counts_and_a_side_without_topics_does_not() -> None:
    other = PROFILE | {"topics": {"returns": 6, "stock": 4}}
    assert drift(PROFILE, other)["topics"] == pytest.approx(0.4)
    assert "topics" not in drift(PROFILE | {"topics": {}}, other)


COUNTS = st.lists(st.integers(0, 1000), min_size=4, max_size=4).filter(any)


@given(first=COUNTS, second=COUNTS)
def test_distances_are_symmetric_and_bounded(first: list[int], second: list[int]) -> None:
    p, q = (np.asarray(side, dtype=float) / sum(side) for side in (first, second))
    assert 0.0 <= jensen_shannon(p, q) <= 1.0 + 1.0e-9
    assert jensen_shannon(p, q) == pytest.approx(jensen_shannon(q, p), abs=1.0e-12)
    assert psi(p, q) == pytest.approx(psi(q, p)) and psi(p, q) >= -1.0e-12
