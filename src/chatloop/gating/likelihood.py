"""Checks on held-out likelihood: beats the base, does not lose to the champion, overall or in part.

"loses to the champion on returns by 0.0312 bits per byte (at least 0.0187)"

A slice is judged by itself where it has enough rows; the more are looked at, the surer each alarm
has to be (Bonferroni). Another seed gives another model: what another seed alone could explain is
no reason to reject (`gate.noise`), and a gain is asked only to be there on these conversations.
Where people's judgements speak for a candidate, it may lose a little (`gate.preference`).
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from chatloop.gating.bootstrap import Difference, Values, ratio_differences
from chatloop.gating.evidence import Guarded, Scores
from chatloop.gating.verdict import Finding
from chatloop.params import GateParams

BITS = float(np.log(2))
UNIT = "bits per byte"


def likelihood(
    scores: Scores, params: GateParams, allowed: float | None = None
) -> Iterator[Finding]:
    """Against the base, the champion, and the champion in every slice with enough rows.

    `allowed` is what the candidate may lose to the champion; None asks for a gain.
    """
    judged = _slices(scores, params)
    tail = 1 - params.confidence
    size = scores.answer_bytes.astype(np.float64) * BITS
    names, over, under = ["base"], [scores.candidate - scores.base], [size]
    if scores.champion is not None:
        against = scores.candidate - scores.champion
        names += ["champion", *judged]
        over += [against, *(_within(against, rows) for rows in judged.values())]
        under += [size, *(_within(size, rows) for rows in judged.values())]
    tails = [tail, tail, *[tail / max(1, len(judged))] * len(judged)][: len(names)]
    found = ratio_differences(over, under, tails, params.resamples, params.seed)
    yield _base(found[0])
    if scores.champion is None:
        yield Finding("champion", "PROMOTE", "there is no champion yet")
        return
    yield _champion(found[1], params.noise.overall, tail, allowed)
    for name, one, each in zip(names[2:], found[2:], tails[2:], strict=True):
        yield _slice(name, one, params.noise.slice, each, allowed or 0.0)


def guarded(measures: Mapping[str, Guarded], params: GateParams) -> Iterator[Finding]:
    """Means that must not fall: an alarm for each, surer the more there are."""
    tail = (1 - params.confidence) / max(1, len(measures))
    for name, one in sorted(measures.items()):
        lost = one.champion - one.candidate
        (found,) = ratio_differences(
            [lost], [np.ones(len(lost))], [tail], params.resamples, params.seed
        )
        if found.low > params.noise.guarded:
            reason = f"{name} falls by {found.mean:.4f} (at least {found.low:.4f})"
            yield Finding(name, "REJECT", reason, _numbers(found))
        else:
            yield Finding(name, "PROMOTE", "", _numbers(found))


def _slices(scores: Scores, params: GateParams) -> dict[str, NDArray[np.int64]]:
    enough = {n: rows for n, rows in scores.slices.items() if len(rows) >= params.min_slice}
    return dict(sorted(enough.items()))


def _within(values: Values, rows: NDArray[np.int64]) -> Values:
    """The same values in the rows of a slice, 0 elsewhere."""
    kept = np.zeros(len(values))
    kept[rows] = values[rows]
    return kept


def _base(found: Difference) -> Finding:
    if found.high < 0:
        gain = f"beats base by {-found.mean:.4f} {UNIT} (at least {-found.high:.4f})"
        return Finding("base", "PROMOTE", gain, _numbers(found))
    if found.low > 0:
        reason = f"loses to base by {found.mean:.4f} {UNIT} (at least {found.low:.4f})"
        return Finding("base", "REJECT", reason, _numbers(found))
    bounds = f"{found.low:+.4f} to {found.high:+.4f}"
    return Finding("base", "HOLD", f"no gain over base can be shown ({bounds})", _numbers(found))


def _champion(found: Difference, noise: float, tail: float, allowed: float | None) -> Finding:
    sure = found.with_noise(noise, tail)
    if allowed is not None and found.high >= 0 and found.mean <= allowed:
        cost = f"it costs {max(0.0, found.mean):.4f} {UNIT}, {allowed:g} are allowed"
        return Finding("champion", "PROMOTE", cost, _numbers(found) | {"allowed": allowed})
    if sure.low > 0:
        return _loses("champion", found, sure)
    if found.high < 0:
        gain = f"beats the champion by {-found.mean:.4f} {UNIT} (at least {-found.high:.4f})"
        return Finding("champion", "PROMOTE", gain, _numbers(found))
    bounds = f"{found.low:+.4f} to {found.high:+.4f}"
    tie = f"no gain over the champion can be shown ({bounds}); a tie keeps the champion"
    return Finding("champion", "HOLD", tie, _numbers(found))


def _slice(name: str, found: Difference, noise: float, tail: float, allowed: float) -> Finding:
    sure = found.with_noise(noise, tail)
    if sure.low > allowed:
        return _loses(f"champion on {name}", found, sure)
    return Finding(f"champion on {name}", "PROMOTE", "", _numbers(found))


def _loses(check: str, found: Difference, sure: Difference) -> Finding:
    reason = f"loses to the {check} by {found.mean:.4f} {UNIT} (at least {sure.low:.4f})"
    return Finding(check, "REJECT", reason, _numbers(found))


def _numbers(found: Difference) -> dict[str, float]:
    return {"mean": found.mean, "low": found.low, "high": found.high}
