"""Gains of one model over another, from log-probabilities of judged answers."""

import numpy as np
import pytest

from chatloop.preferences.gains import preferred_of, summary, told

ROWS = [("a", "pair", 0), ("b", "pair", 0), ("c", "up", 1), ("d", "up", 2), ("e", "down", 3)]


def of(*values: tuple[float, float]) -> np.ndarray:
    return np.array(values)


CHAMPION = of((-4, -5), (-4, -3), (-2, 0), (-2, 0), (0, -2))
CANDIDATE = of((-3, -6), (-3, -4), (-1, 0), (-1, 0), (0, -5))


def test_a_pair_gains_by_its_margin_and_a_thumb_by_its_sign() -> None:
    found = preferred_of(told(ROWS, {"candidate": CANDIDATE, "champion": CHAMPION}))
    assert found is not None
    assert found.rows == 5
    assert found.gains.tolist() == [2.0, 1.0, 1.0, 3.0]
    assert found.weights.tolist() == [2.0, 0.75, 0.75, 1.5]


def test_a_model_to_which_all_answers_are_likelier_gains_nothing_by_it() -> None:
    thumbs, champion = ROWS[2:], CHAMPION[2:]
    likelier = champion + of((1, 0), (1, 0), (0, 1))
    found = preferred_of(told(thumbs, {"candidate": likelier, "champion": champion}))
    assert found is not None
    assert (found.gains * found.weights).sum() == pytest.approx(0.0)
    ups = told(ROWS[2:4], {"candidate": likelier[:2], "champion": champion[:2]})
    assert preferred_of(ups) is None


def test_without_a_champion_or_rows_there_is_no_gain() -> None:
    assert preferred_of(told(ROWS, {"candidate": CANDIDATE, "base": CHAMPION})) is None
    assert preferred_of(told([], {})) is None


def test_the_report_counts_and_has_the_mean_between_its_bounds() -> None:
    table = told(ROWS, {"candidate": CANDIDATE, "champion": CHAMPION, "base": CHAMPION})
    report = summary(table, {"taught": 2})
    assert (report["rows"], report["left_out"]) == (5, {"taught": 2})
    assert report["kinds"] == {"pair": 2, "up": 2, "down": 1}
    assert report["accuracy"] == {"candidate": 1.0, "champion": 0.5, "base": 0.5}
    assert report["gain"]["low"] <= report["gain"]["mean"] <= report["gain"]["high"]
    assert report["gain"]["mean"] == pytest.approx(2.0)
    assert report["nearer"] == 1.0


def test_how_often_the_candidate_is_nearer_to_what_people_said() -> None:
    pairs = [(name, "pair", at) for at, name in enumerate("abcd")]
    champion = of((-4, -5), (-4, -5), (-4, -5), (-4, -5))
    candidate = of((-3, -5), (-5, -5), (-4, -5), (-4, -9))
    report = summary(told(pairs, {"candidate": candidate, "champion": champion}), {})
    assert report["nearer"] == pytest.approx(2.5 / 4)
    assert report["accuracy"] == {"candidate": 0.75, "champion": 1.0}
