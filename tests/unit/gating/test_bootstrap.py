import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.gating.bootstrap import Difference, ratio_differences, resampled_sums


def test_a_resample_draws_as_many_rows_as_there_are() -> None:
    sums = resampled_sums(np.ones((50, 1)), 200, seed=1)
    assert sums.shape == (200, 1)
    assert (sums == 50).all()


def test_means_of_resamples_spread_as_theory_says() -> None:
    values = np.random.default_rng(2).normal(0, 1, (400, 1))
    spread = (resampled_sums(values, 4000, seed=3) / 400).std()
    assert spread == pytest.approx(values.std() / 20, rel=0.05)


def test_the_draws_are_the_same_for_all_columns() -> None:
    values = np.random.default_rng(2).normal(0, 1, (60, 1))
    sums = resampled_sums(np.hstack([values, 2 * values]), 100, seed=3)
    assert np.allclose(sums[:, 1], 2 * sums[:, 0])


@given(st.integers(1, 200), st.integers(0, 2**31), st.floats(0.01, 0.4))
@settings(max_examples=50, deadline=None)
def test_bounds_enclose_the_mean_of_any_data(rows: int, seed: int, tail: float) -> None:
    values = np.random.default_rng(seed).normal(0, 1, rows)
    (found,) = ratio_differences([values], [np.ones(rows)], [tail], 300, seed)
    assert found.low <= found.high
    assert found.mean == pytest.approx(values.mean())


def test_noise_of_the_seed_widens_both_bounds() -> None:
    found = Difference(0.5, 0.4, 0.6)
    wider = found.with_noise(0.1, 0.05)
    assert wider.low < found.low < found.high < wider.high
    assert found.with_noise(0.0, 0.05).low == pytest.approx(found.low)
