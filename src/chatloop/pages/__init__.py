"""Pages that stand alone: no script, no font and no picture from elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

TOKENS = ("supervised", "masked", "cut", "dropped", "dropped_masked")


def ledger_page(steps: Sequence[Mapping[str, Any]], splits: Mapping[str, Any]) -> str:
    """HTML of the ledger: a bar a step, of the conversations, and a bar a split, of its tokens."""
    whole = max((step["conversations"]["in"] for step in steps), default=1)
    page = template("ledger.html")
    return page.render(
        steps=[{"records": None, **_open(step)} for step in steps],
        splits=splits,
        whole=whole,
        kinds=TOKENS,
    )


def preview_page(rows: Sequence[Sequence[Sequence[Any]]], total: int) -> str:
    """HTML of packed rows: examples of tokens with `text`, `id` and `supervised`."""
    return template("preview.html").render(rows=rows, total=total)


def diversity_page(
    found: Mapping[str, Any],
    bins: Mapping[str, Sequence[tuple[str, int]]],
    statistics: Mapping[str, str],
) -> str:
    """HTML of a data set's profile: sources, topics, languages, lengths, drift, what stands out."""
    kinds = {name: list(found[name].items()) for name in ("topics", "languages")}
    tables = {name: bars for name, bars in {**kinds, **bins}.items() if bars}
    counts = {name: [count for _, count in bars] for name, bars in tables.items()}
    sums = {name: sum(many) for name, many in counts.items()}
    return template("diversity.html").render(
        found=found,
        tables=tables,
        statistics=statistics,
        total=sums | {"topics": found["conversations"]},  # one can have several
        most={name: max(many, default=1) for name, many in counts.items()},
    )


def width(part: float, whole: float) -> str:
    """A share in per cent as CSS takes it, "0" of nothing."""
    return f"{100 * part / whole:.3f}" if whole else "0"


def _open(step: Mapping[str, Any]) -> dict[str, Any]:
    return {**step, "conversations": {"parts": None, **step["conversations"]}}


def template(name: str) -> Template:
    """`lineage.svg`: a template of this folder; everything that comes into it is escaped."""
    environment = Environment(
        loader=PackageLoader("chatloop.pages", ""), autoescape=True, undefined=StrictUndefined
    )
    environment.globals["width"] = width
    return environment.get_template(f"{name}.jinja")
