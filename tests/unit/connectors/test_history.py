"""Conversations in memory, within every limit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatloop.connectors.history import Histories
from chatloop.params.serving import HistoryParams


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def histories(clock: Clock | None = None, **limits: Any) -> Histories:
    return Histories(HistoryParams(**limits), clock or Clock())


def heard(kept: Histories, session: str) -> list[str]:
    return [turn.content for turn in kept.asked(session, "?")][:-1]


def test_sessions_are_apart() -> None:
    kept = histories()
    kept.answered("a", "q", "r")
    assert heard(kept, "a") == ["q", "r"]
    assert heard(kept, "b") == []


def test_the_longest_silent_session_goes_first() -> None:
    kept = histories(sessions=2)
    for session in ("a", "b", "a", "c"):
        kept.answered(session, "q", "r")
    assert (len(kept), heard(kept, "b")) == (2, [])


def test_a_session_ends_with_a_silence_and_not_before() -> None:
    clock = Clock()
    kept = histories(clock, minutes=1.0)
    kept.answered("a", "q", "r")
    clock.now = 59.0
    kept.answered("a", "q", "r")
    clock.now = 118.0
    assert len(heard(kept, "a")) == 4
    clock.now = 120.0
    assert heard(kept, "a") == []


@pytest.mark.parametrize("limits", [{"turns": 0}, {"turns": 1}, {"characters": 3}])
def test_nothing_is_kept_where_nothing_fits(limits: dict[str, int]) -> None:
    kept = histories(**limits)
    kept.answered("a", "qq", "rr")
    assert len(kept) == 0


@given(st.integers(0, 9), st.integers(1, 30), st.lists(st.text(max_size=9), max_size=12))
def test_whole_exchanges_and_never_more_than_allowed(
    turns: int, characters: int, answers: list[str]
) -> None:
    kept = histories(turns=turns, characters=characters)
    for answer in answers:
        kept.answered("a", "q", answer)
    words = heard(kept, "a")
    assert len(words) <= turns
    assert len(words) % 2 == 0
    assert sum(map(len, words)) <= characters
    assert words[1::2] == (answers[-len(words) // 2 :] if words else [])
