from typing import Any

import numpy as np
import pytest

from chatloop.gating.evidence import Behaviours, Forgotten, Guarded, Memorised, Speed
from chatloop.gating.likelihood import guarded
from chatloop.gating.probes import behaviours, forgotten, memorised, speed
from tests.unit.gating.test_deciding import PARAMS

CASES = 40


def cases(candidate: set[int], champion: set[int] | None, must: set[int]) -> Behaviours:
    """Cases that fail, by index."""

    def passed(failing: set[int]) -> Any:
        return np.array([i not in failing for i in range(CASES)])

    names = tuple(f"case_{i:02}" for i in range(CASES))
    was = None if champion is None else passed(champion)
    return Behaviours(names, ~passed(must), passed(candidate), was)


@pytest.mark.parametrize(
    ("found", "outcome", "reason"),
    [
        (cases(set(), None, {1}), "PROMOTE", ""),
        (cases({1, 2}, None, {1}), "REJECT", "fails 1 cases that it must pass: case_01"),
        (cases({3}, set(), set()), "PROMOTE", ""),
        (cases(set(range(5)), set(), set()), "REJECT", "loses 5 cases that the champion passes"),
        (cases(set(range(5)), set(range(5, 10)), set()), "PROMOTE", ""),
        (cases(set(range(9)), set(range(9)), set()), "PROMOTE", ""),
    ],
)
def test_cases_are_musts_or_compared(found: Behaviours, outcome: str, reason: str) -> None:
    (finding,) = behaviours(found, PARAMS)
    assert finding.outcome == outcome
    assert finding.reason.startswith(reason)


@pytest.mark.parametrize(
    ("found", "rejected"),
    [
        (Memorised(9.0, 0, 100, 0), []),
        (Memorised(None, 0, 0, 0), []),
        (Memorised(12.5, 0, 100, 0), ["canaries"]),
        (Memorised(9.0, 3, 100, 0), ["extraction"]),
        (Memorised(9.0, 0, 100, 1), ["personal data"]),
    ],
)
def test_what_was_learned_by_heart_rejects(found: Memorised, rejected: list[str]) -> None:
    outcomes = {one.check: one for one in memorised(found, PARAMS)}
    assert [check for check, one in outcomes.items() if one.outcome == "REJECT"] == rejected
    assert all(bool(one.reason) == (one.outcome == "REJECT") for one in outcomes.values())


def test_a_model_that_forgot_is_rejected_against_base_and_champion_apart() -> None:
    outcomes = [one.outcome for one in forgotten(Forgotten(2.0, 1.9, 1.4), PARAMS)]
    assert outcomes == ["PROMOTE", "REJECT"]


@pytest.mark.parametrize(("rate", "outcome"), [(69.0, "REJECT"), (71.0, "PROMOTE")])
def test_a_slower_model_is_rejected(rate: float, outcome: str) -> None:
    assert [one.outcome for one in speed(Speed(rate, 100.0), PARAMS)] == [outcome]
    assert not list(speed(Speed(rate, None), PARAMS))


def test_a_guarded_share_may_not_fall_beyond_chance() -> None:
    random = np.random.default_rng(1)
    ends = np.ones(200)
    cut = np.where(random.random(200) < 0.2, 0.0, 1.0)
    found = {one.check: one for one in guarded({"ends": Guarded(cut, ends)}, PARAMS)}
    assert found["ends"].outcome == "REJECT"
    assert "ends falls by" in found["ends"].reason
    assert [one.outcome for one in guarded({"ends": Guarded(ends, cut)}, PARAMS)] == ["PROMOTE"]
