"""CTranslate2 takes a stream that is alone where it is far faster than a row."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from chatloop.serve.engines.engine import Part
from chatloop.serve.loading import comparing


class Clock:
    """Moves when somebody works."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


class Lone:
    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock, self.seconds = clock, seconds

    def run(self, prompt: Sequence[int], most: int, drawn: Callable[[int], bool]) -> None:
        for token in range(most):
            self.clock.now += self.seconds
            assert not drawn(token)


class Decoder:
    rows = 2

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock, self.seconds = clock, seconds

    def read(self, parts: Sequence[Part]) -> list[np.ndarray]:
        self.clock.now += self.seconds
        return [np.zeros((part.asked, 4), dtype=np.float32) for part in parts]

    def move(self, source: int, target: int, length: int) -> None:
        raise AssertionError


@pytest.mark.parametrize(("lone", "rows", "faster"), [(1.0, 2.0, True), (1.0, 1.2, False)])
def test_whoever_is_far_faster(
    lone: float, rows: float, faster: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(comparing, "time", clock)
    assert comparing.is_faster(Lone(clock, lone), Decoder(clock, rows)) is faster
