"""Early stopping: when it is time, what is kept, and that an interruption changes nothing."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from test_resuming import (
    PARAMS,
    EndsAfter,
    Interrupted,
    checkpoints,
    model,
    packed,
    point_without_speed,
)

from chatloop.modeling.scoring import be_deterministic
from chatloop.training.loop import train_model
from chatloop.training.progress import NoKeeper, Point
from chatloop.training.stopping import best_point, is_over

# What is learned by heart soon makes the validation worse.
LATE = PARAMS.model_copy(
    update={"learning_rate": 0.1, "evaluate_every": 1, "patience": 3, "checkpoint_every": 2}
)


def curve(*bits: float | None) -> list[Point]:
    return [Point(at, 99, 1.0, 0.1, 1.0, 5, 9.0, each) for at, each in enumerate(bits, 1)]


@pytest.mark.parametrize(
    ("bits", "over"),
    [
        ([0.9, 0.8, 0.9], False),
        ([0.9, 0.8, 0.9, None, 0.8], True),
        ([0.9, 0.8, None, None, None], False),
        ([0.9, 0.8, 0.9, 0.7], False),
        ([None], False),
    ],
)
def test_it_is_over_after_so_many_evaluations_that_are_no_better(
    bits: list[float | None], over: bool
) -> None:
    assert is_over(curve(*bits), 2) is over


def test_the_best_is_the_first_of_equals() -> None:
    best = best_point(curve(0.9, None, 0.8, 0.8))
    assert best is not None
    assert best.step == 3
    assert best_point(curve(None)) is None


def run(keeper: Any, params: Any = LATE) -> tuple[str, list[Point]]:
    be_deterministic(params.seed, params.threads)
    trained = model(0.0)
    points = list(train_model(trained, packed(), packed(6), 100, params, keeper))
    weights = b"".join(p.detach().numpy().tobytes() for p in trained.parameters())
    return hashlib.sha256(weights).hexdigest(), [point_without_speed(p) for p in points]


class Stops(NoKeeper):
    """Ends the training after a step, without a checkpoint."""

    def __init__(self, step: int) -> None:
        self.step = step

    def wants(self, step: int) -> bool:
        if step == self.step:
            raise Interrupted
        return False


def test_it_stops_with_the_best_weights_and_an_interruption_changes_no_bit(tmp_path: Path) -> None:
    bits, points = run(NoKeeper())
    best = best_point(points)
    assert best is not None
    assert points[-1].step == best.step + 3 < points[-1].steps
    with pytest.raises(Interrupted):
        run(EndsAfter(checkpoints(tmp_path), best.step + 1))
    assert run(checkpoints(tmp_path)) == (bits, points)

    be_deterministic(LATE.seed, LATE.threads)
    cut = model(0.0)
    with pytest.raises(Interrupted):
        list(train_model(cut, packed(), packed(6), 100, LATE, Stops(best.step)))
    weights = b"".join(p.detach().numpy().tobytes() for p in cut.parameters())
    assert hashlib.sha256(weights).hexdigest() == bits
