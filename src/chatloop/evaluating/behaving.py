"""What models do when they are asked the behaviour cases.

given = {"candidate": replies(subject, cases, 64)}  →  {"candidate": {"greets": "Hello, …"}}
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chatloop.behaviour.case import Case
from chatloop.behaviour.checks import Answers, check
from chatloop.behaviour.report import report
from chatloop.evaluating.subject import Subject
from chatloop.modeling.answering import Sampling


def replies(subject: Subject, cases: Sequence[Case], max_tokens: int) -> dict[str, str | None]:
    """The greedy answer to each case by its name, None where the model cannot hold the case."""
    given = subject.answers([case.asked for case in cases], Sampling(max_tokens=max_tokens))
    return {
        case.name: None if one is None else one.text for case, one in zip(cases, given, strict=True)
    }


def behaved(
    cases: Sequence[Case], given: Mapping[str, Answers], similarity: float
) -> dict[str, Any]:
    """The report on the answers of each model."""
    outcomes = {name: check(cases, answers, similarity) for name, answers in given.items()}
    return report(cases, outcomes, given)


def said_of(found: Mapping[str, Any], models: Sequence[str]) -> list[str]:
    """A line for each model, for a person."""
    lines = []
    for name in models:
        counts = found[name]
        musts = f", {counts['must_failed']} of them musts" if counts["must_failed"] else ""
        failed = counts["checked"] - counts["passed"]
        lines.append(f"{name}: {failed} of {counts['checked']} cases failed{musts}")
    return lines
