import random

from hypothesis import given
from hypothesis import strategies as st

from chatloop.monitoring.signals import thumbs
from chatloop.monitoring.thumbs import Share, Votes, fall, share
from chatloop.params.operating import Thumbs

LIMITS = Thumbs(window_days=7.0, min_thumbs=50, min_fall=0.05, significance=0.001)


def test_a_fall_that_is_large_and_sure_fires_and_says_the_numbers() -> None:
    found = thumbs(Share(120, 200), Share(1700, 2000), LIMITS)
    assert found.fired
    assert found.reason.startswith("60% up of 200 in 7 days, 85% of 2000 before (z-test, p ")


def test_a_rise_and_a_fall_that_is_small_or_not_sure_do_not_fire() -> None:
    assert not thumbs(Share(190, 200), Share(1700, 2000), LIMITS).fired
    assert not thumbs(Share(40, 60), Share(80, 100), LIMITS).fired  # may be chance
    assert not thumbs(Share(81_000, 100_000), Share(85_000, 100_000), LIMITS).fired  # 4 points


def test_few_thumbs_say_nothing() -> None:
    found = thumbs(Share(0, 49), Share(900, 1000), LIMITS)
    assert not found.fired
    assert "50 of each tell" in found.reason


def test_one_loud_caller_counts_as_a_few_in_his_proportion() -> None:
    quiet = [Votes(f"h:{n}", 1, 0) for n in range(100)]
    found = share([*quiet, Votes("h:loud", 0, 5000)], per_caller=20)
    assert found == Share(100, 120)
    assert not thumbs(found, Share(950, 1000), LIMITS).fired or found.share > 0.8


def test_thirty_looks_at_a_share_that_stays_rarely_cry_wolf() -> None:
    chance = random.Random(11)
    cried = 0
    for _ in range(200):
        before = Share(sum(chance.random() < 0.8 for _ in range(1000)), 1000)
        looks = (Share(sum(chance.random() < 0.8 for _ in range(150)), 150) for _ in range(30))
        cried += any(thumbs(look, before, LIMITS).fired for look in looks)
    assert cried / 200 < 0.1


@given(*[st.integers(1, 500) for _ in range(2)], st.floats(0, 1), st.floats(0, 1))
def test_the_p_value_is_one_and_falls_with_the_share(n: int, m: int, a: float, b: float) -> None:
    lower, higher = sorted((a, b))
    before = Share(0.5 * m, m)
    assert (
        0 <= fall(Share(lower * n, n), before) <= fall(Share(higher * n, n), before) + 1e-9 <= 1.1
    )


def test_where_nothing_varies_nothing_fell() -> None:
    assert fall(Share(50, 50), Share(60, 60)) == 1.0
