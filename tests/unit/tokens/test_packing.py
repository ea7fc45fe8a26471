import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.tokens.example import Example
from chatloop.tokens.packing import best_fit, one_a_row, pack

lengths = st.lists(st.integers(min_value=1, max_value=64), min_size=1, max_size=80)


def example(length: int, seed: int) -> Example:
    random = np.random.default_rng(seed)
    ids = random.integers(3, 300, size=length).astype(np.int32)
    supervised = random.random(length) < 0.5
    supervised[0] = False
    return Example(ids, supervised, ((1, length),), length)


@given(sizes=lengths)
def test_every_example_is_in_exactly_one_row_that_holds_it(sizes: list[int]) -> None:
    rows = best_fit(sizes, 64)
    assert sorted(i for row in rows for i in row) == list(range(len(sizes)))
    assert all(sum(sizes[i] for i in row) <= 64 for row in rows)


@given(sizes=lengths)
def test_best_fit_is_at_most_22_percent_over_the_least_rows(sizes: list[int]) -> None:
    least = -(-sum(sizes) // 64)
    # Best fit decreasing needs at most 11/9 of the optimum and one row (Johnson 1973).
    assert len(best_fit(sizes, 64)) <= 11 / 9 * max(least, sum(size > 32 for size in sizes)) + 1


@given(sizes=lengths)
def test_what_is_packed_can_be_unpacked(sizes: list[int]) -> None:
    examples = [example(size, at) for at, size in enumerate(sizes)]
    packed = pack(examples, 64, pad_id=0)
    for at, one in enumerate(examples):
        here = packed.examples == at
        assert packed.ids[here].tolist() == one.ids.tolist()
        assert packed.supervised[here].tolist() == one.supervised.tolist()
        assert packed.positions[here].tolist() == list(range(len(one.ids)))
    padding = packed.examples == -1
    assert not packed.supervised[padding].any()
    assert (packed.ids[padding] == 0).all()
    assert not packed.supervised[:, 0].any()


def test_an_example_longer_than_a_row_is_an_error_not_a_cut() -> None:
    with pytest.raises(ValueError, match="65 tokens, a row holds 64"):
        best_fit([3, 65], 64)


@settings(deadline=None)
@given(sizes=lengths)
def test_one_a_row_holds_every_example_once_and_padding_only_behind_it(sizes: list[int]) -> None:
    examples = [example(size, at) for at, size in enumerate(sizes)]
    found = list(one_a_row(examples, 128, pad_id=0))
    owners = [set(row.tolist()) - {-1} for batch in found for row in batch.examples]
    assert sorted(at for (at,) in owners) == list(range(len(sizes)))
    for batch in found:
        assert len(batch) == 1 or batch.ids.size <= 128
        assert (batch.positions == np.arange(batch.ids.shape[1])).all()
        for row, of in zip(batch.ids, batch.examples, strict=True):
            one = examples[of[0]]
            assert row.tolist() == one.ids.tolist() + [0] * (len(row) - len(one.ids))
        assert not batch.supervised[batch.examples == -1].any()
