"""Implied rewards, by hand."""

import numpy as np
import pytest

from chatloop.preferences.rewards import rewards


def test_margins_and_accuracies_of_pairs_and_thumbs() -> None:
    ratios = np.array([2.0, -1.0, 0.5, 1.0, 3.0, 0.4, -2.0, 0.0, 0.1, 0.2])
    pairs = np.array([True, True, False, False, False])
    liked = np.array([True, True, True, False, True])
    found = rewards(ratios, pairs, liked, beta=0.5)
    assert found["pairs"] == pytest.approx(
        {"rows": 2, "chosen": 0.625, "rejected": 0.0, "margin": 0.625, "accuracy": 0.5}
    )
    thumbs = {"rows": 3, "divergence": 0.1, "accuracy": 2 / 3, "up": 0.775, "down": -1.0}
    assert found["thumbs"] == pytest.approx(thumbs, abs=1e-6)


def test_what_was_not_judged_has_no_figures() -> None:
    thumbs = rewards(np.array([1.0, -3.0]), np.array([False]), np.array([True]), 1.0)
    assert set(thumbs) == {"thumbs"}
    assert thumbs["thumbs"] == {"rows": 1, "divergence": 0.0, "accuracy": 1.0, "up": 1.0}
    assert set(rewards(np.zeros(2), np.array([True]), np.array([True]), 1.0)) == {"pairs"}
