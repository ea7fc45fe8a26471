"""CTranslate2 takes a stream that is alone where it is far faster than a row."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from chatloop.params.serving import EngineParams
from chatloop.serve.engines.engine import Part
from chatloop.serve.loading import building, comparing


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
    alone = Lone(clock, lone)
    monkeypatch.setattr(building, "_lone", lambda *_, threads: alone)
    found = building._far_faster(Path(), "content", EngineParams(), Decoder(clock, rows))
    assert found is (alone if faster else None)


def test_making_ctranslate2_leaves_torch_its_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(folder: Path, quantization: str, threads: int) -> None:
        torch.set_num_threads(threads)  # as CTranslate2 does where both have one OpenMP
        raise RuntimeError("no such shape")

    own = torch.get_num_threads()
    monkeypatch.setattr(building, "converted", lambda *_: tmp_path)
    monkeypatch.setattr(building, "CTranslate2Lone", made)
    decoder = Decoder(Clock(), 1.0)
    assert building._lone(tmp_path, "content", EngineParams(), decoder, own + 1) is None
    assert torch.get_num_threads() == own
