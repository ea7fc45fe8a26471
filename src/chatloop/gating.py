"""The verdict: (scores, params) → PROMOTE, HOLD or REJECT with reasons. Pure.

    Verdict("PROMOTE", ("beats base by 2.31 bits per byte (at least 2.27)", "no champion yet"), …)

Candidate, base and champion were scored on the same conversations, so differences are paired:
bootstrap over conversations (Efron & Tibshirani 1993; Koehn 2004 for the paired test), seeded,
one-sided at `confidence`; Bonferroni over the topics that are judged by themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chatloop.metrics.bits_per_byte import bits_per_byte
from chatloop.params import GateParams

Outcome = Literal["PROMOTE", "HOLD", "REJECT"]
Nats = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """One row a held-out conversation: nats (n,) of each model, the answers' bytes (n,), and the
    rows that belong to each topic. `champion` is None where there is none yet."""

    answer_bytes: NDArray[np.int64]
    candidate: Nats
    base: Nats
    champion: Nats | None
    topics: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True)
class Difference:
    """Candidate minus rival in bits per byte, with a one-sided bound on each side: below 0 the
    candidate is better."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """What to do, why, and the numbers that say so."""

    verdict: Outcome
    reasons: tuple[str, ...]
    differences: Mapping[str, Difference]


def decide(scores: Scores, params: GateParams) -> Verdict:
    """The verdict on a candidate; a tie keeps the champion, too little data keeps it too."""
    rows = len(scores.answer_bytes)
    if rows < params.min_conversations:
        reason = f"{rows} held-out conversations are too few to judge by"
        return Verdict(
            "HOLD", (f"{reason} (gate.min_conversations: {params.min_conversations})",), {}
        )
    if not np.isfinite(scores.candidate).all():
        return Verdict("REJECT", ("the candidate's scores are not numbers",), {})
    found = _differences(scores, params)
    against_base, reasons = _judge_base(found["base"])
    if against_base != "PROMOTE" or scores.champion is None:
        also = ["there is no champion yet"] if scores.champion is None else []
        return Verdict(against_base, (*reasons, *also), found)
    outcome, more = _judge_champion(found)
    return Verdict(outcome, (*reasons, *more), found)


def _differences(scores: Scores, params: GateParams) -> dict[str, Difference]:
    """Against base and champion, and against the champion in every topic with enough rows."""
    draws = _resamples(len(scores.answer_bytes), params)
    tail = 1 - params.confidence
    found = {"base": _difference(scores, scores.base, draws, tail)}
    if scores.champion is None:
        return found
    found["champion"] = _difference(scores, scores.champion, draws, tail)
    judged = {t: r for t, r in scores.topics.items() if len(r) >= params.min_slice}
    for topic, rows in sorted(judged.items()):
        part = Scores(
            scores.answer_bytes[rows], scores.candidate[rows], scores.base[rows], None, {}
        )
        part_draws = _resamples(len(rows), params)
        # Bonferroni: the more topics are looked at, the surer each alarm has to be.
        found[f"champion on {topic}"] = _difference(
            part, scores.champion[rows], part_draws, tail / len(judged)
        )
    return found


def _resamples(rows: int, params: GateParams) -> NDArray[np.int64]:
    """Row indices drawn with replacement: (resamples, rows)."""
    generator = np.random.default_rng(params.seed)
    return generator.integers(0, rows, size=(params.resamples, rows))


def _difference(scores: Scores, rival: Nats, draws: NDArray[np.int64], tail: float) -> Difference:
    nats = scores.candidate - rival
    mean = bits_per_byte(float(nats.sum()), int(scores.answer_bytes.sum()))
    drawn = nats[draws].sum(axis=1) / scores.answer_bytes[draws].sum(axis=1) / np.log(2)
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Difference(mean, float(low), float(high))


def _judge_base(found: Difference) -> tuple[Outcome, list[str]]:
    if found.high < 0:
        return "PROMOTE", [
            f"beats base by {-found.mean:.4f} bits per byte (at least {-found.high:.4f})"
        ]
    if found.low > 0:
        return "REJECT", [f"loses to base by {found.mean:.4f} bits per byte"]
    return "HOLD", [f"no difference to base can be shown ({found.low:+.4f} to {found.high:+.4f})"]


def _judge_champion(found: Mapping[str, Difference]) -> tuple[Outcome, list[str]]:
    worse = [
        f"loses to the {name} by {one.mean:.4f} bits per byte (at least {one.low:.4f})"
        for name, one in found.items()
        if name != "base" and one.low > 0
    ]
    if worse:
        return "REJECT", worse
    overall = found["champion"]
    if overall.high < 0:
        gain = f"{-overall.mean:.4f} bits per byte (at least {-overall.high:.4f})"
        return "PROMOTE", [f"beats the champion by {gain}"]
    bounds = f"{overall.low:+.4f} to {overall.high:+.4f}"
    return "HOLD", [f"no gain over the champion can be shown ({bounds}); a tie keeps the champion"]
