from math import log2

import numpy as np
import pytest
from scipy.stats import norm

from chatloop.probing.exposure import exposure

OTHERS = np.random.default_rng(1).normal(50.0, 4.0, 999)


def test_a_secret_among_the_others_is_exposed_by_its_rank() -> None:
    found = exposure(float(np.sort(OTHERS)[9]) + 1e-9, OTHERS, 20.0)
    assert (found.rank, found.among) == (11, 1000)
    assert found.bits == pytest.approx(log2(1000 / 11))


def test_beyond_the_likeliest_of_the_others_the_fitted_tail_says_how_far() -> None:
    found = exposure(50.0 - 4.0 * 4.0, OTHERS, 40.0)
    assert found.rank == 1
    assert found.bits == pytest.approx(-norm.logcdf(-4.0) / np.log(2), abs=1.5)


def test_no_secret_is_exposed_by_more_bits_than_it_has() -> None:
    assert exposure(0.0, OTHERS, 12.5).bits == 12.5
    assert exposure(0.0, np.full(99, 50.0), 12.5).bits == 12.5
    assert exposure(1.0, OTHERS[:99], log2(100)).bits == pytest.approx(log2(100))


def test_a_model_that_is_indifferent_exposes_nothing() -> None:
    assert exposure(50.0, np.full(99, 50.0), 12.5).bits == 0.0


def test_a_chance_secret_is_exposed_by_about_a_bit_and_a_half() -> None:
    bits = [exposure(float(one), np.delete(OTHERS, at), 30.0).bits for at, one in enumerate(OTHERS)]
    assert np.mean(bits) == pytest.approx(1 / np.log(2), abs=0.1)
