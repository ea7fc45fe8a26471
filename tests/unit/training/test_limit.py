"""A training never claims more than the machine can."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from chatloop.terminal.training import tell_the_end
from chatloop.training.figures import measuring
from chatloop.training.figures.measuring import Gauge, Peak
from chatloop.training.progress import Point

Limits = Callable[..., Gauge]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """A gauge of a model of 600 weights, on a machine that shows these rates, look by look."""

    def build(*flops: float, measured: bool = True) -> Gauge:
        rates: Iterator[float] = iter(flops)
        last = [flops[-1]]

        def peak_of(_: torch.device) -> Peak:
            return Peak(next(rates, last[0]), "by test", measured)

        monkeypatch.setattr(measuring, "peak_of", peak_of)
        return Gauge(Model(), devices=1)

    return build


class Model(torch.nn.Linear):
    """A head of 600 weights and nothing else."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        super().__init__(20, 30, bias=False)

    def get_output_embeddings(self) -> Any:
        return self


def point(supervised_speed: float) -> Point:
    return Point(10, 10, 1.0, 1e-3, 1.0, 100, 0.0, 2.0, supervised_speed)


def told(gauge: Gauge, rate: float) -> str:
    lines: list[str] = []
    tell_the_end([point(rate)], None, gauge, lines.append)
    return lines[-1]


def test_the_share_is_of_the_best_that_was_ever_measured(limits: Limits) -> None:
    gauge = limits(7.2e9, 3.6e9)
    assert gauge.share(point(1e6)) == pytest.approx(0.5)
    assert told(gauge, 1e6).startswith("50% of 7 GFLOP/s (by test), ")


def test_a_limit_below_the_training_itself_is_measured_again(limits: Limits) -> None:
    gauge = limits(1e9, 7.2e9)
    assert gauge.values(point(1e6))["mfu"] == pytest.approx(0.5)
    assert gauge.peak.flops == 7.2e9


def test_what_contradicts_itself_is_a_rate_without_a_share(limits: Limits) -> None:
    gauge = limits(1e9)
    assert gauge.share(point(1e6)) is None
    assert "mfu" not in gauge.values(point(1e6))
    assert told(gauge, 1e6).startswith("4 GFLOP/s (the machine is too busy to measure its limit), ")


def test_a_data_sheet_is_not_measured_again(limits: Limits) -> None:
    gauge = limits(1e9, 9e9, measured=False)
    gauge.look_again()
    assert gauge.peak.flops == 1e9
