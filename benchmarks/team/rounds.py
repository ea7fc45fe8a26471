"""Rounds of the loop: the champion answers, the team rates, a retraining, and the server swaps.

version 1, round 0  hidden score 0.46  bits per byte 0.2101
version 2, round 1  hidden score 0.61  bits per byte 0.2163   412 opinions   PROMOTE

Everything goes through the front door: answers and opinions over HTTP, retraining by `chatloop run`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from statistics import fmean
from typing import Any

import polars as pl

from benchmarks.team.asking import questions
from benchmarks.team.project import Project
from benchmarks.team.rater import Prompt, hidden, opinion
from benchmarks.team.serving import Server, serving
from chatloop.io.operating.journal import Run
from chatloop.io.tables import read_table

TEAM, CUSTOMERS, UNSEEN = 2026, 31, 77  # seeds: of sampling, of who asks, of who is never rated
RATERS, WARMTH = 24, 0.7  # who rates, the temperature of what is rated
SWAP_SECONDS = 600.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """Prompts that are rated in a round, those that are scored and never rated, and the params."""

    rounds: int
    prompts: int
    unseen: int
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Round:
    """A champion: what it is worth, what it learned from, and how long that took.

    `hidden_score` is of its greedy answers to unseen prompts, `bits_per_byte` on the shop's test
    split, `opinions` were given in this round, `answered_by` are the versions that answered then.
    """

    number: int
    version: int
    verdict: str
    reasons: list[str]
    hidden_score: float
    bits_per_byte: float
    opinions: int
    feedback: dict[str, int]
    learned: int
    held_out: int
    answered_by: list[str]
    promoted: bool
    swapped_seconds: float
    seconds: dict[str, float]


def play(project: Project, plan: Plan, say: Say) -> Iterator[Round]:
    """A first champion, then so many rounds; one server all the time, which nobody tells anything."""
    began = time.perf_counter()
    run = project.run(plan.changes, say)
    with serving(project) as server:
        first = _asked_before(project)
        unseen = list(islice(questions(UNSEEN, 1, first), plan.unseen))
        known = first | {one[-1].content.lower() for one in unseen}
        customers = questions(CUSTOMERS, 1, known)
        told, seconds = 0, {"training": time.perf_counter() - began}
        for number in range(plan.rounds + 1):
            if number:
                began = time.perf_counter()
                told = _rated(server, list(islice(customers, plan.prompts)), number)
                seconds = {"rating": time.perf_counter() - began}
                began = time.perf_counter()
                run = project.run((), say)
                seconds["training"] = time.perf_counter() - began
            yield _round(project, server, run, number, told, unseen, seconds)


def lines(played: Sequence[Round]) -> list[dict[str, Any]]:
    """The same for a report."""
    return [asdict(one) for one in played]


def _round(
    project: Project, server: Server, run: Run, number: int, told: int, unseen: list[Prompt],
    seconds: dict[str, float],
) -> Round:  # fmt: skip
    """The swap waited for, where there is one to come, and the champion looked at."""
    promoted, began = run.outcome == "promoted", time.perf_counter()
    version = run.version or 0
    swapped = server.wait_for(version, SWAP_SECONDS) if promoted else 0.0
    said = server.ask(unseen, 0.0, TEAM)
    seconds = {**seconds, "swap": swapped, "scoring": time.perf_counter() - began - swapped}
    verdict, align = project.report("verdict"), project.report("align")
    pairs = zip(unseen, said, strict=True)
    return Round(
        number, version, verdict["verdict"], verdict["reasons"],
        fmean(hidden(prompt[-1].content, answer.text) for prompt, answer in pairs), _bits(project),
        told, project.report("feedback")["outcomes"], align["learned"], align["held_out"],
        sorted({answer.version for answer in said}), promoted, round(swapped, 1),
        {name: round(value, 1) for name, value in seconds.items()},
    )  # fmt: skip


def _rated(server: Server, prompts: list[Prompt], number: int) -> int:
    """Answers as served, and what the team says of them; as many opinions as there are answers."""
    users = [f"rater-{at % RATERS}" for at in range(len(prompts))]
    said = server.ask(prompts, WARMTH, TEAM + 10_000 * number, users)
    for at, (prompt, answer) in enumerate(zip(prompts, said, strict=True)):
        found = opinion(prompt[-1].content, answer.text, at)
        more = {} if found.correction is None else {"correction": found.correction}
        server.tell(answer.id, rating=found.rating, user=users[at], **more)
    return len(said)


def _bits(project: Project) -> float:
    """Bits per byte of the candidate on the shop's conversations of the test split."""
    found = project.report("evaluate")
    shop = [one for one in found["slices"] if (one["by"], one["slice"]) == ("source", "builtin")]
    return float(shop[0]["bits_per_byte"] if shop else found["bits_per_byte"]["candidate"])


def _asked_before(project: Project) -> set[str]:
    """All that users say in the shop's conversations, in lower case."""
    turns = read_table(project.folder / "data/clean/turns.parquet").filter(pl.col("role") == "user")
    return set(turns["content"].str.to_lowercase())
