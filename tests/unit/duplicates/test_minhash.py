import numpy as np
import pytest

from chatloop.duplicates.minhash import bands, signatures


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.6, 0.8, 0.95, 1.0])
def test_bands_find_a_pair_at_the_threshold_almost_surely(threshold):
    count, rows = bands(128, threshold)
    assert count * rows <= 128
    assert 1 - (1 - threshold**rows) ** count >= 0.99


@pytest.mark.parametrize("shared", [10, 50, 90])
def test_signatures_agree_as_often_as_texts_are_alike(shared):
    hashes = np.random.default_rng(1).integers(0, 1 << 63, 100, dtype=np.uint64) << np.uint64(1)
    both = np.concatenate([hashes[:shared], hashes[shared - 100 :], hashes])
    found = signatures(both, np.array([0, len(both) - 100, len(both)]), 1024, 1)
    assert found.shape == (1024, 2)
    one, two = set(both[: len(both) - 100].tolist()), set(hashes.tolist())
    alike = len(one & two) / len(one | two)
    assert abs((found[:, 0] == found[:, 1]).mean() - alike) < 0.06
