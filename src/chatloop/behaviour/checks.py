"""Whether an answer is what its case asks for; every no with its reason.

checked(cases, {"returns_take_30_days": "You have two weeks."}, similarity=0.8)
    →  (Outcome("returns_take_30_days", passed=False, why=('has no "30 days"',)), …)
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from chatloop.behaviour.case import Case
from chatloop.behaviour.wording import plain, similarity, words
from chatloop.privacy.redaction import values_in

Answers = Mapping[str, str | None]


@dataclass(frozen=True)
class Outcome:
    """Of one case and one model; `why` says what the answer lacks, never what it says."""

    case: str
    passed: bool
    why: tuple[str, ...] = ()


def check(cases: Sequence[Case], answers: Answers, alike: float) -> tuple[Outcome, ...]:
    """An outcome for each case that checks anything, in their order.

    An answer that is None could not be given. `alike` is the similarity from which two answers are
    the same, where a case does not say its own.
    """
    asked = [case for case in cases if case.checked]
    return tuple(
        Outcome(case.name, not why, why)
        for case in asked
        for why in [tuple(_failures(case, answers, alike))]
    )


def _failures(case: Case, answers: Answers, alike: float) -> Iterator[str]:
    answer = answers[case.name]
    if answer is None:
        yield "the question does not fit into the model's context"
        return
    yield from _wording(case, answer)
    yield from _patterns(case, answer)
    yield from _length(case, answer)
    yield from _personal(case, answer)
    yield from _relations(
        case, answer, answers, alike if case.similarity is None else case.similarity
    )


def _wording(case: Case, answer: str) -> Iterator[str]:
    said = plain(answer, case.case_sensitive)
    for group in case.contains:
        if not any(plain(one, case.case_sensitive) in said for one in group):
            yield f"has no {_either(group)}"
    for one in case.not_contains:
        if plain(one, case.case_sensitive) in said:
            yield f'has "{one}"'


def _patterns(case: Case, answer: str) -> Iterator[str]:
    said, flag = pl.Series([answer]), "" if case.case_sensitive else "(?i)"
    for group in case.matches:
        if not any(said.str.contains(flag + one)[0] for one in group):
            yield f"matches no {_either(group)}"
    for one in case.not_matches:
        if said.str.contains(flag + one)[0]:
            yield f'matches "{one}"'


def _length(case: Case, answer: str) -> Iterator[str]:
    count = len(words(answer))
    if case.min_words is not None and count < case.min_words:
        yield f"has {count} words, at least {case.min_words}"
    if case.max_words is not None and count > case.max_words:
        yield f"has {count} words, at most {case.max_words}"


def _personal(case: Case, answer: str) -> Iterator[str]:
    if not case.no_personal_data:
        return
    found = values_in(pl.Series([answer]), case.no_personal_data).get(0, [])
    for kind in sorted({detector.kind for _, _, detector in found}):
        yield f"has personal data ({kind})"


def _relations(case: Case, answer: str, answers: Answers, alike: float) -> Iterator[str]:
    for other in case.same_as:
        share = similarity(answer, answers[other] or "")
        if share < alike:
            yield f"is not the answer to {other} ({share:.2f} alike, at least {alike:g})"
    for other in case.differs_from:
        share = similarity(answer, answers[other] or "")
        if not words(answer):
            yield "says nothing"
        elif share >= alike:
            yield f"is the answer to {other} ({share:.2f} alike, below {alike:g})"


def _either(group: Sequence[str]) -> str:
    return " or ".join(f'"{one}"' for one in group)
