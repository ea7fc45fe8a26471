"""The check on held-out judged answers: what people say of the candidate against the champion.

"people's held-out judgements speak for it by 1.31 nats an answer (at least 0.42, 34 of them)"

One-sided paired bootstrap over prompts, with the luck of a seed beside it, as for likelihood. A
sure gain buys a bounded loss of likelihood, since what people like better is not what stood in the
data; a sure fall rejects; anything between, and few judgements, change nothing.
"""

from chatloop.gating.bootstrap import Difference, ratio_differences
from chatloop.gating.evidence import Preferred
from chatloop.gating.verdict import Finding
from chatloop.params import GateParams

CHECK = "judged answers"


def preference(found: Preferred, params: GateParams) -> Finding:
    """Whether judgements speak for the candidate, against it, or neither."""
    numbers = {"rows": float(found.rows), "prompts": found.prompts}
    if found.prompts < params.preference.min_rows:
        return Finding(CHECK, "PROMOTE", "", numbers)
    one = _sure(found, params)
    numbers |= {"mean": one.mean, "low": one.low, "high": one.high}
    if one.high < 0:
        return Finding(CHECK, "REJECT", _reason("against", -one.mean, -one.high, found), numbers)
    if one.low > 0:
        return Finding(CHECK, "PROMOTE", _reason("for", one.mean, one.low, found), numbers)
    return Finding(CHECK, "PROMOTE", "", numbers)


def allowed_loss(found: Finding, params: GateParams) -> float | None:
    """Bits per byte that the candidate may lose; None without a sure gain."""
    sure = found.outcome == "PROMOTE" and found.numbers.get("low", 0.0) > 0
    return params.preference.max_bits_per_byte_loss if sure else None


def _sure(found: Preferred, params: GateParams) -> Difference:
    tail = 1 - params.confidence
    gains = [found.gains * found.weights]
    (one,) = ratio_differences(gains, [found.weights], [tail], params.resamples, params.seed)
    return one.with_noise(params.preference.noise, tail)


def _reason(which: str, mean: float, least: float, found: Preferred) -> str:
    return (
        f"people's held-out judgements speak {which} it by {mean:.2f} nats an answer "
        f"(at least {least:.2f}, {found.rows:,} of them)"
    )
