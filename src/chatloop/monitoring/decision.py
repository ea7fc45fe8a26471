"""What comes of the signals: a retraining, a word to people, or patience; always with a reason.

Decision("retrain", "sources: 2 files changed: logs/july.jsonl, logs/june.jsonl", (…))
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chatloop.monitoring.signals import Signal
from chatloop.params.operating import MonitorParams

DAY, HOUR, MINUTE = 86_400.0, 3600.0, 60.0
# Ends that cost no training, so that neither cool-down nor budget counts them.
FREE = ("nothing_new",)


@dataclass(frozen=True)
class Past:
    """A retraining that was: when, and how it ended; seconds since 1970."""

    started: float
    ended: float
    outcome: str


@dataclass(frozen=True)
class Decision:
    """`needs_data`: something is wrong, and a retraining would learn nothing that it knows not."""

    action: Literal["retrain", "needs_data", "wait", "nothing"]
    said: str
    because: tuple[str, ...] = ()


def decide(
    signals: Sequence[Signal], runs: Sequence[Past], now: float, params: MonitorParams
) -> Decision:
    """Whether to retrain now, seconds since 1970.

    A run that seems to have begun in the future was written by a clock that jumped: it is taken
    for one of just now, if it is of the next 24 hours, and else left out.
    """
    fired = [signal for signal in signals if signal.fired]
    because = tuple(f"{signal.name}: {signal.reason}" for signal in fired)
    if not fired:
        return Decision("nothing", "nothing speaks for a retraining")
    if not any(signal.learnable for signal in signals):
        said = "nothing new to learn from: add conversations or feedback"
        return Decision("needs_data", said, because)
    held = _held(_past(runs, now), now, params)
    if held:
        return Decision("wait", held, because)
    return Decision("retrain", "a retraining is due", because)


def _past(runs: Sequence[Past], now: float) -> list[Past]:
    """Runs that cost a training, none of them in the future."""
    known = [run for run in runs if run.outcome not in FREE and run.started <= now + DAY]
    return [Past(min(run.started, now), min(run.ended, now), run.outcome) for run in known]


def _held(runs: Sequence[Past], now: float, params: MonitorParams) -> str | None:
    """Why not yet: the cool-down, or the budget of 24 hours."""
    rested = now - max((run.ended for run in runs), default=float("-inf"))
    if rested < params.cool_down_hours * HOUR:
        left = params.cool_down_hours - rested / HOUR
        return f"cool-down: {left:.1f} of {params.cool_down_hours:g} hours are left"
    today = [run for run in runs if run.ended > now - DAY]
    if len(today) >= params.budget.runs_a_day:
        return f"budget: {len(today)} retrainings in 24 hours, {params.budget.runs_a_day} allowed"
    spent = sum(run.ended - max(run.started, now - DAY) for run in today) / MINUTE
    if spent >= params.budget.minutes_a_day:
        return f"budget: {spent:.0f} minutes in 24 hours, {params.budget.minutes_a_day:g} allowed"
    return None
