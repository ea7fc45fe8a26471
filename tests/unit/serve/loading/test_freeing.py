"""What a version had is given back when it is gone, once."""

import pytest

from chatloop.serve.loading import freeing
from chatloop.serve.loading.freeing import Freed


class Model:
    """Can be let go."""


def test_memory_is_given_back_once_after_something_has_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[None] = []
    monkeypatch.setattr(freeing, "_trim", lambda: given.append(None))
    freed, stays, goes = Freed(), Model(), Model()
    freed.watch(stays)
    freed.watch(goes)
    freed.give_back()
    assert not given
    del goes
    for _ in range(2):
        freed.give_back()
        assert len(given) == 1


def test_a_system_without_such_an_allocator_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freeing.ctypes, "CDLL", lambda _: object())
    freeing._trim()
