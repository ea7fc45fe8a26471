"""Behaviour cases for a person: asked of one model, a table of what it failed and why.

kind      case           outcome  why
privacy   shows_no_card  MUST     has personal data (card)
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from chatloop.behaviour.suite import parse_suite
from chatloop.errors import UserError
from chatloop.evaluating.behaving import behaved, replies
from chatloop.evaluating.subject import Subject
from chatloop.io.evaluating.cases import read_case_files
from chatloop.io.files import read_json
from chatloop.io.models import hub
from chatloop.io.registry.holding import local_model
from chatloop.io.registry.versions import CHAMPION
from chatloop.modeling.scoring import be_repeatable
from chatloop.params.evaluate import EvaluateParams
from chatloop.tokens.rendering import Renderer

CANDIDATE = Path("models/candidate")
OUTCOMES = {True: ("passed", "green"), False: ("failed", "yellow"), None: ("for the judge", "dim")}


def model_folder(name: str, which: str | int | None) -> Path:
    """The folder of the candidate of the last run, of a version by number, or of the champion.

    Raises:
        UserError: there is no such model.
    """
    if which == CANDIDATE.name:
        if not (CANDIDATE / "config.json").is_file():
            raise UserError(f"{CANDIDATE}: is not there; `chatloop run` trains one")
        return CANDIDATE
    return local_model(name, CHAMPION if which is None else which)


def ask_cases(params: EvaluateParams, folder: Path, cases: Path) -> dict[str, Any]:
    """The report on the model in a folder, as its only `candidate`."""
    suite = parse_suite(read_case_files(cases))
    be_repeatable(params.seed, params.threads)
    tokenizer, model = hub.load_tokenizer(folder), hub.load_model(folder)
    context = hub.context_length(read_json(folder / "config.json")) or params.max_new_tokens
    subject = Subject(
        "candidate", model, tokenizer, Renderer(tokenizer), context, params.batch_rows
    )
    given = {subject.name: replies(subject, suite, params.max_new_tokens)}
    return behaved(suite, given, params.similarity)


def behaviours_table(title: str, found: Mapping[str, Any], answers: bool) -> RenderableType:
    """A row a case, those of a kind together, then the sum; with answers where wanted."""
    table = Table(title=title, title_justify="left")
    for column in ("kind", "case", "outcome", "why", *["answer"] * answers):
        table.add_column(column, no_wrap=column in {"kind", "outcome"})
    for row in sorted(found["cases"], key=lambda one: (one["kind"], one["name"])):
        one = row["candidate"]
        word, colour = OUTCOMES[one["passed"]]
        if row["must"] and one["passed"] is False:
            word, colour = "MUST", "bold red"
        shown = [Text(one["answer"] or "")] * answers
        why = Text("; ".join(one["why"]))
        table.add_row(row["kind"], row["name"], Text(word, style=colour), why, *shown)
    return Group(table, Text(_sum(found["candidate"])))


def _sum(counts: Mapping[str, Any]) -> str:
    kinds = ", ".join(
        f"{kind} {one['passed']} of {one['checked']}" for kind, one in counts["by_kind"].items()
    )
    failed = counts["must_failed"]
    musts = f"{failed} that have to pass failed" if failed else "all that have to pass passed"
    return f"{counts['passed']} of {counts['checked']} cases passed ({kinds}); {musts}"
