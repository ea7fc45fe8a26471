"""Candidate against champion, pair by pair, each pair in both orders.

    candidate first  A (the candidate)   ┐
    champion first   B (the candidate)   ┘ the same: the candidate wins
    candidate first  A (the candidate)   ┐
    champion first   A (the champion)    ┘ not the same: a tie, and the judge disagrees with itself

A pair counts when both orders were answered; failures and nonsense are counted and score nothing
(both orders: Zheng et al. 2023, "Judging LLM-as-a-Judge").
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import polars as pl

from chatloop.behaviour.case import Case
from chatloop.behaviour.checks import Answers
from chatloop.conversation import ChatMessage, Message
from chatloop.judging.prompt import Side, question, verdict
from chatloop.judging.reply import FAILURES, Reply
from chatloop.params.evaluate import JudgeParams
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.redaction import redact

Ask = Callable[[list[ChatMessage]], Reply]
Better = Literal["candidate", "champion", "tie"]
MILLION = 1_000_000


def compare(
    cases: Sequence[Case], answers: Mapping[str, Answers], ask: Ask, params: JudgeParams
) -> dict[str, Any]:
    """Ask about every case with a rubric; nothing is asked where there is no champion, or
    where both say the same.

    What is sent is redacted: no personal data leaves the machine.
    """
    both = [case for case in cases if case.rubric is not None and _both(case.name, answers)]
    pairs = [case for case in both if not _equal(case.name, answers)]
    replies: list[Reply] = []
    rounds: list[tuple[str, list[Better | None]]] = []
    for case in pairs:
        asked, ours, theirs = _redacted(case, answers)
        orders = ((ours, theirs), (theirs, ours))
        told = [ask(question(asked, case.rubric or "", *pair)) for pair in orders]
        sides = [None if one.text is None else verdict(one.text) for one in told]
        rounds.append((case.name, [_better(sides[0], "A"), _better(sides[1], "B")]))
        replies += told
    counts = {"pairs": len(both), "equal_answers": len(both) - len(pairs)}
    return counts | _outcome(rounds) | _calls(replies) | _cost(replies, params)


def _both(name: str, answers: Mapping[str, Answers]) -> bool:
    sides = ("candidate", "champion")
    return all(answers.get(side, {}).get(name) is not None for side in sides)


def _equal(name: str, answers: Mapping[str, Answers]) -> bool:
    return answers["candidate"][name] == answers["champion"][name]


def _redacted(case: Case, answers: Mapping[str, Answers]) -> tuple[list[Message], str, str]:
    """The case and both answers as one conversation, so that a value has one placeholder."""
    said = [m.content for m in case.asked]
    said += [str(answers[side][case.name]) for side in ("candidate", "champion")]
    turns = pl.DataFrame(
        {"conversation_id": case.name, "turn": range(len(said)), "content": said},
        schema={"conversation_id": pl.String, "turn": pl.Int64, "content": pl.String},
    )
    *asked, ours, theirs = redact(turns, KINDS).turns["content"].to_list()
    talk = [Message(m.role, text) for m, text in zip(case.asked, asked, strict=True)]
    return talk, ours, theirs


def _better(side: Side | None, candidate: Side) -> Better | None:
    if side is None or side == "tie":
        return side
    return "candidate" if side == candidate else "champion"


def _outcome(rounds: Sequence[tuple[str, list[Better | None]]]) -> dict[str, Any]:
    """Wins, ties, agreement of the judge with itself; the names of what was won and lost."""
    whole = [(name, first, second) for name, (first, second) in rounds if first and second]
    agreed = [(name, first) for name, first, second in whole if first == second]
    won = {
        side: sorted(n for n, one in agreed if one == side) for side in ("candidate", "champion")
    }
    return {
        "compared": len(whole),
        "candidate_wins": len(won["candidate"]),
        "champion_wins": len(won["champion"]),
        "ties": len(whole) - len(won["candidate"]) - len(won["champion"]),
        "agrees_with_itself": len(agreed) / len(whole) if whole else None,
        "won": won["candidate"],
        "lost": won["champion"],
    }


def _calls(replies: Sequence[Reply]) -> dict[str, Any]:
    failures = Counter(one.failure for one in replies)
    nonsense = sum(one.text is not None and verdict(one.text) is None for one in replies)
    return {
        "replies": len(replies),
        "failures": {**{word: failures[word] for word in FAILURES}, "nonsense": nonsense},
    }


def _cost(replies: Sequence[Reply], params: JudgeParams) -> dict[str, Any]:
    """Of all replies, those kept from an earlier run included, so that a repeat says the same."""
    given = [one for one in replies if one.failure is None]
    spent = sum(one.input_tokens or 0 for one in given)
    made = sum(one.output_tokens or 0 for one in given)
    money = (spent * params.prices.input + made * params.prices.output) / MILLION
    return {
        "input_tokens": spent,
        "output_tokens": made,
        "tokens_unknown": sum(one.input_tokens is None for one in given),
        "cost": round(money, 6),
    }
