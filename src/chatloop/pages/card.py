"""The model card: what a version learned from, what was left out, how it was judged, its limits.

After Mitchell et al. 2019, "Model Cards for Model Reporting"; in Markdown.
"""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

REPORTS = ("ingest", "clean", "train", "align", "evaluate", "verdict", "base")


def model_card(
    name: str, candidate_sha256: str, facts: Mapping[str, Any], files: Mapping[str, str]
) -> str:
    """Markdown from reports by name, the base's card, the params and each file's sha256; what is
    missing is said to be."""
    loader = PackageLoader("chatloop.pages", "")
    # Markdown, not HTML: `cell` keeps what comes from outside within its cell.
    environment = Environment(loader=loader, undefined=StrictUndefined)  # noqa: S701
    environment.filters |= {"cell": _cell, "counts": _counts}
    params, ledger = facts.get("params", {}), facts.get("ledger", {})
    return environment.get_template("model_card.md.jinja").render(
        {report: facts.get(report, {}) for report in REPORTS},
        name=name,
        content=candidate_sha256,
        adapter=facts.get("adapter"),
        files=files,
        licences=_licences(params),
        settings={
            f"{stage}.{key}": value
            for stage in _tuned(facts)
            for key, value in sorted(params.get(stage, {}).items())
        },
        steps=ledger.get("steps", []),
        tokens=ledger.get("train", {}).get("tokens", {}),
    )


def _tuned(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The stages that changed weights: the second one only where people had judged enough."""
    return ("train", "align") if facts.get("align", {}).get("kept_step") else ("train",)


def _licences(params: Mapping[str, Any]) -> dict[str, str]:
    sources = params.get("ingest", {}).get("sources", [])
    named = [one for one in sources if isinstance(one, dict)] if isinstance(sources, list) else []
    return {one["path"]: one["licence"] for one in named if one.get("licence")}


def _cell(text: str) -> str:
    """Text in a table: no line break, no column, no markup that a page would run."""
    kept = " ".join(text.split()).replace("|", "\\|")
    return kept.replace("<", "&lt;").replace(">", "&gt;")


def _counts(counts: Mapping[str, Any]) -> str:
    """`60 duplicate, 24 too_long`, the most frequent first; nothing of what is zero."""
    found = [(n, name) for name, n in counts.items() if isinstance(n, int) and n]
    return ", ".join(
        f"{n:,} {_cell(name)}" for n, name in sorted(found, key=lambda p: (-p[0], p[1]))
    )
