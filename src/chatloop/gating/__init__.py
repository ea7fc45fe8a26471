"""The verdict: (evidence, params) → PROMOTE, HOLD or REJECT with reasons. Pure.

    Verdict("PROMOTE", ("beats base by 2.31 bits per byte (at least 2.27)", "no champion yet"), …)

Candidate, base and champion answered the same conversations and cases, so everything is compared in
pairs. A tie keeps the champion, too little data keeps it too, unless people's judgements speak for
the candidate.
"""

from collections.abc import Iterator

import numpy as np

from chatloop.gating import likelihood, probes
from chatloop.gating.evidence import Evidence, Scores
from chatloop.gating.preference import allowed_loss, preference
from chatloop.gating.verdict import Finding, Verdict, conclude
from chatloop.params import GateParams

__all__ = ["Evidence", "Finding", "Scores", "Verdict", "decide"]


def decide(evidence: Evidence, params: GateParams) -> Verdict:
    """The verdict on a candidate, with every reason that decides it."""
    rows = len(evidence.scores.answer_bytes)
    if rows < params.min_conversations:
        few = f"{rows} held-out conversations are too few to judge by"
        reason = f"{few} (gate.min_conversations: {params.min_conversations})"
        return conclude([Finding("sample", "HOLD", reason)])
    if not np.isfinite(evidence.scores.candidate).all():
        return conclude([Finding("scores", "REJECT", "the candidate's scores are not numbers")])
    return conclude(_findings(evidence, params))


def _findings(evidence: Evidence, params: GateParams) -> Iterator[Finding]:
    allowed = None
    if evidence.preferred is not None:
        judged = preference(evidence.preferred, params)
        allowed = allowed_loss(judged, params)
        yield judged
    yield from likelihood.likelihood(evidence.scores, params, allowed)
    yield from likelihood.guarded(evidence.guarded, params)
    if evidence.behaviours is not None:
        yield from probes.behaviours(evidence.behaviours, params)
    if evidence.memorised is not None:
        yield from probes.memorised(evidence.memorised, params)
    if evidence.forgotten is not None:
        yield from probes.forgotten(evidence.forgotten, params)
    if evidence.speed is not None:
        yield from probes.speed(evidence.speed, params)
