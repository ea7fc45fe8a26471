"""Reasons to retrain, each a function of a summary: what was found, in words and in numbers.

Signal("feedback", True, "61 new opinions since the last training, at least 50", {"new": 61})
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chatloop.monitoring.thumbs import Share, fall
from chatloop.params.operating import PromptDrift, Thumbs
from chatloop.reporting.data.drift import PSI, STATISTICS

SHOWN = 3
SIDES = {"turn_words": "length", "topics": "topics", "vocabulary": "vocabulary"}


@dataclass(frozen=True)
class Signal:
    """One look: `fired` where it speaks for a retraining; `learnable` where it found new data."""

    name: str
    fired: bool
    reason: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    learnable: bool = False


def feedback(new: int | None, waiting: int, enough: int | None) -> Signal:
    """Opinions that were accepted since the last training; `waiting` are for a person to review."""
    if new is None:
        return Signal("feedback", False, "no answers were served and kept yet: `chatloop serve`")
    fired = enough is not None and new >= enough
    limit = "not a reason by itself" if enough is None else f"{enough:,} are enough"
    review = f"; {waiting:,} wait for `chatloop feedback review`" if waiting else ""
    reason = f"{new:,} new opinions since the last training, {limit}{review}"
    return Signal("feedback", fired, reason, {"new": new, "waiting": waiting}, new > 0)


def sources(changed: Sequence[str], files: int) -> Signal:
    """Files whose bytes are not those that ingest last read, new and missing ones among them."""
    numbers = {"changed": len(changed), "files": files}
    if not changed:
        return Signal("sources", False, f"none of {files:,} files changed", numbers)
    more = f" and {len(changed) - SHOWN:,} more" if len(changed) > SHOWN else ""
    named = f"{', '.join(changed[:SHOWN])}{more}"
    files_are = "file" if len(changed) == 1 else "files"
    said = f"{len(changed):,} {files_are} changed: {named}"
    return Signal("sources", True, said, numbers, True)


def drift(
    found: Mapping[str, float], by_chance: Mapping[str, float], prompts: int, params: PromptDrift
) -> Signal:
    """Statistics of the newest prompts against the training data's, less what chance alone makes.

    Names as in `reporting.drift`: turn_words by the population stability index, topics and
    vocabulary by the Jensen-Shannon divergence in bits.
    """
    if prompts < params.min_prompts:
        few = f"{prompts:,} stored prompts, {params.min_prompts:,} are needed to tell"
        return Signal("drift", False, few, {"prompts": prompts})
    over: list[str] = []
    said: list[str] = []
    for name, value in found.items():
        limit = _limit(name, params)
        excess = max(0.0, value - by_chance.get(name, 0.0))
        statistic = "PSI" if STATISTICS[name] == PSI else "JSD"
        said.append(f"{SIDES[name]} {statistic} {excess:.2f} of {limit:.2f}")
        over += [SIDES[name]] if excess > limit else []
    head = f"{', '.join(over)} drifted" if over else "none"
    reason = f"{head} in the last {prompts:,} prompts: {', '.join(said)}"
    return Signal("drift", bool(over), reason, {**found, "prompts": prompts})


def thumbs(now: Share, before: Share, params: Thumbs) -> Signal:
    """The champion's share of thumbs up in the last days, against its share before them."""
    numbers = {"now": now.share, "before": before.share, "thumbs": now.count}
    if min(now.count, before.count) < params.min_thumbs:
        said = f"{now.count:.0f} recent and {before.count:.0f} earlier thumbs"
        return Signal("thumbs", False, f"{said}, {params.min_thumbs} of each tell", numbers)
    lower, p = before.share - now.share, fall(now, before)
    fired = lower >= params.min_fall and p < params.significance
    share = f"{now.share:.0%} up of {now.count:.0f} in {params.window_days:g} days"
    reason = f"{share}, {before.share:.0%} of {before.count:.0f} before (z-test, p {p:.2g})"
    return Signal("thumbs", fired, reason, {**numbers, "p": p})


def _limit(name: str, params: PromptDrift) -> float:
    psi = STATISTICS[name] == PSI
    return params.max_population_stability_index if psi else params.max_jensen_shannon_divergence
