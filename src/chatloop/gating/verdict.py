"""The verdict's own values: what each check found, and what follows from all of them.

Finding("champion on returns", "REJECT", "loses to the champion on returns by 0.0312 …", {…})
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["PROMOTE", "HOLD", "REJECT"]


@dataclass(frozen=True)
class Finding:
    """What one check says, and the numbers that it goes by."""

    check: str
    outcome: Outcome
    reason: str
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What to do, why, and all findings. A single REJECT rejects; else a single HOLD holds."""

    verdict: Outcome
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]


def conclude(findings: Iterable[Finding]) -> Verdict:
    """The reasons are those of the findings that decide, and where all agree, all of them."""
    found = tuple(findings)
    outcomes: tuple[Outcome, ...] = ("REJECT", "HOLD", "PROMOTE")
    verdict = next(one for one in outcomes if any(each.outcome == one for each in found))
    reasons = tuple(each.reason for each in found if each.outcome == verdict and each.reason)
    return Verdict(verdict, reasons, found)
