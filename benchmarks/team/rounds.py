"""Rounds of the loop: a model answers, the team rates, the trained model learns from all ratings.

round 0  hidden score 0.52  bits per byte 0.2101
round 1  hidden score 0.71  bits per byte 0.2119    240 judged answers
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

import polars as pl

from benchmarks.team.asking import Ask, questions
from benchmarks.team.rater import Answered, Prompt, hidden, rate
from chatloop.conversation import Preference
from chatloop.io.files import read_json
from chatloop.io.models import hub
from chatloop.io.tables import PREFERENCES, conversations_of, read_table, write_table
from chatloop.metrics.bits_per_byte import bits_per_byte
from chatloop.modeling.measuring.judging import score_conversations
from chatloop.params.align import AlignParams
from chatloop.stages.align import align

TEAM, CUSTOMERS, UNSEEN = 2026, 31, 77  # seeds: of sampling, of who asks, of who is never rated


@dataclass(frozen=True)
class Round:
    """What the model of a round is worth; `judged` answers were learned from up to then."""

    number: int
    hidden_score: float
    bits_per_byte: float
    judged: int
    up_share: float
    seconds: float
    report: dict[str, Any]


def play(
    project: Path,
    scratch: Path,
    rounds: int,
    prompts: int,
    unseen: int,
    params: AlignParams,
    ask_of: Callable[[Path], Ask],
    say: Callable[[str], None],
) -> list[Round]:
    """So many rounds in `scratch`, from the trained model of a project; the first is before any."""
    known = _asked_before(project)
    unseen_prompts = list(islice(questions(UNSEEN, 1, known), unseen))
    customers = questions(CUSTOMERS, 1, known | {one[-1].content.lower() for one in unseen_prompts})
    model, report, judged = project / "models/trained", {}, []
    played: list[Round] = []
    for number in range(rounds + 1):
        started = time.perf_counter()
        if number:
            judged += _rated(ask_of(model), list(islice(customers, prompts)), number)
            model, report = _learned(project, scratch / f"round-{number}", judged, params)
        answers = ask_of(model)(unseen_prompts, 0.0, TEAM)
        found = Round(
            number, _score(unseen_prompts, answers), _bits(project, model), len(judged),
            fmean(bool(one.chosen) for one in judged if not (one.chosen and one.rejected))
            if judged else 0.0,
            time.perf_counter() - started, report,
        )  # fmt: skip
        say(
            f"round {number}: hidden score {found.hidden_score:.3f}, {found.bits_per_byte:.4f} "
            f"bits per byte, {found.judged:,} judged, {found.seconds:.0f} s"
        )
        played.append(found)
    return played


def lines(played: Sequence[Round]) -> list[dict[str, Any]]:
    """The same for a report: numbers only."""
    return [asdict(one) for one in played]


def _rated(ask: Ask, prompts: list[Prompt], number: int) -> list[Preference]:
    """Two answers to every second prompt, as served, and what the team says of them."""
    twice = [prompt for prompt in prompts[::2] for _ in range(2)]
    once = prompts[1::2]
    said = ask([*twice, *once], 1.0, TEAM + number)
    both = said[: len(twice)]
    pairs = zip(prompts[::2], both[::2], both[1::2], strict=True)
    answered = [Answered(prompt, (one, other)) for prompt, one, other in pairs]
    answered += [Answered(p, (a,)) for p, a in zip(once, said[len(twice) :], strict=True)]
    return rate(f"round-{number}", answered)


def _learned(
    project: Path, folder: Path, judged: Sequence[Preference], params: AlignParams
) -> tuple[Path, dict[str, Any]]:
    """The align stage over all that was judged so far."""
    write_table(_table(judged), folder / "preferences.parquet")
    split = project / "data/split"
    align(
        params, folder / "preferences.parquet", split / "test.parquet",
        split / "validation.parquet", project / "data/tokenize", project / "models/trained",
        folder / "candidate", folder / "align.json", folder / "scratch",
        folder / "held_out.parquet",
    )  # fmt: skip
    return folder / "candidate", read_json(folder / "align.json")


def _table(judged: Sequence[Preference]) -> pl.DataFrame:
    rows = [
        (side, one.id, turn, said.role, said.content, [*one.topics], "team")
        for one in judged
        for side in ("prompt", "chosen", "rejected")
        for turn, said in enumerate(getattr(one, side))
    ]
    return pl.DataFrame(rows, schema=PREFERENCES, orient="row")


def _score(prompts: Sequence[Prompt], answers: Sequence[str]) -> float:
    pairs = zip(prompts, answers, strict=True)
    return fmean(hidden(prompt[-1].content, answer) for prompt, answer in pairs)


def _bits(project: Path, folder: Path) -> float:
    """Bits per byte on the project's test split."""
    talks = conversations_of(read_table(project / "data/split/test.parquet"))
    context = int(read_json(folder / hub.CARD)["trained_context"])
    model, tokenizer = hub.load_model(folder), hub.load_tokenizer(folder)
    found = score_conversations(model, tokenizer, talks, context, batch_rows=8)
    return bits_per_byte(float(found.nats.sum()), int(found.answer_bytes.sum()))


def _asked_before(project: Path) -> set[str]:
    """All that users say in the project's conversations, in lower case."""
    turns = read_table(project / "data/clean/turns.parquet").filter(pl.col("role") == "user")
    return set(turns["content"].str.to_lowercase())
