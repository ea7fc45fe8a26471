"""What the answers of the models came to, as one report.

{"total": 46, "candidate": {"passed": 31, "must_failed": 0, "by_kind": {"refusal": {…}}, …},
 "cases": [{"name": "greets", "kind": "minimum_function", "must": false,
            "candidate": {"passed": true, "why": [], "answer": "Hello, …"}}, …]}

Numbers are metrics; the list of cases is for people. Answers have their personal data redacted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from chatloop.behaviour.case import CASE_KINDS, Case
from chatloop.behaviour.checks import Answers, Outcome
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.redaction import redact

Outcomes = Mapping[str, Sequence[Outcome]]


def report(
    cases: Sequence[Case], outcomes: Outcomes, answers: Mapping[str, Answers]
) -> dict[str, Any]:
    """Of every model in `outcomes`: counts over all and by kind, and each case with why."""
    shown = {model: redacted(given) for model, given in answers.items()}
    found = {model: {one.case: one for one in given} for model, given in outcomes.items()}
    return {
        "total": len(cases),
        "must": sum(case.must for case in cases),
        **{model: _counts(cases, given) for model, given in found.items()},
        "cases": [
            {
                "name": case.name,
                "kind": case.sort,
                "must": case.must,
                **{m: _shown(found[m].get(case.name), shown[m][case.name]) for m in found},
            }
            for case in cases
        ],
    }


def redacted(answers: Answers) -> dict[str, str | None]:
    """The same answers with placeholders for every kind of personal data."""
    turns = pl.DataFrame(
        {"conversation_id": list(answers), "turn": 0, "content": list(answers.values())},
        schema={"conversation_id": pl.String, "turn": pl.Int64, "content": pl.String},
    ).with_columns(pl.col("content").fill_null(""))
    safe = redact(turns, KINDS).turns["content"].to_list()
    return {
        name: None if answer is None else text
        for (name, answer), text in zip(answers.items(), safe, strict=True)
    }


def _counts(cases: Sequence[Case], found: Mapping[str, Outcome]) -> dict[str, Any]:
    checked = [case for case in cases if case.name in found]
    failed = [case for case in checked if not found[case.name].passed]
    kinds = [kind for kind in CASE_KINDS if any(case.sort == kind for case in checked)]
    return {
        "checked": len(checked),
        "passed": len(checked) - len(failed),
        "must_failed": sum(case.must for case in failed),
        "by_kind": {kind: _of_kind(kind, checked, failed) for kind in kinds},
    }


def _of_kind(kind: str, checked: Sequence[Case], failed: Sequence[Case]) -> dict[str, int]:
    count = sum(case.sort == kind for case in checked)
    return {"checked": count, "passed": count - sum(case.sort == kind for case in failed)}


def _shown(outcome: Outcome | None, answer: str | None) -> dict[str, Any]:
    if outcome is None:
        return {"passed": None, "why": [], "answer": answer}
    return {"passed": outcome.passed, "why": list(outcome.why), "answer": answer}
