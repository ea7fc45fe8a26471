"""The evaluation as a page: the verdict, why, then what it stands on, down to single answers.

evaluation_page(verdict.json, evaluate.json, rows of curve.csv, {"generations": …, …}) → HTML

Pure, and it stands alone: no script, no font, no picture from elsewhere; a figure is inline SVG.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from chatloop.pages import template
from chatloop.pages.drawing import Scale, line, ticks

MODELS = ("candidate", "champion", "base")
SHOWN = 5  # answers of each kind
# name: (what it is called, its format, whether more is better; None where neither is)
METRICS = {
    "chrf": ("chrF", "%.1f", True),
    "rouge_l": ("ROUGE-L", "%.3f", True),
    "distinct_1": ("distinct-1", "%.3f", None),
    "distinct_2": ("distinct-2", "%.3f", None),
    "repetition": ("repetition", "%.3f", False),
    "empty_answers": ("empty answers", "%.3f", False),
    "endless_answers": ("endless answers", "%.3f", False),
    "length_ratio": ("length ratio", "%.2f", None),
    "copied_text": ("copied text", "%.3f", None),
}
KINDS = {
    "topic": "By topic",
    "source": "By source",
    "depth": "By turn depth",
    "length": "By length",
}
WORDS = {
    "PROMOTE": "The candidate becomes the champion.",
    "HOLD": "Nothing can be shown: the champion stays.",
    "REJECT": "The candidate is worse: it goes no further.",
}


def evaluation_page(
    verdict: Mapping[str, Any],
    evaluated: Mapping[str, Any],
    curve: Sequence[Mapping[str, Any]],
    found: Mapping[str, Any],
) -> str:
    """HTML, with `found` from generations.json, behaviours.json and probe.json by their names.

    What is missing, as a first run has no champion, is left out.
    """
    models = [name for name in MODELS if name in evaluated["bits_per_byte"]]
    rival = "champion" if "champion" in models else "base"
    return template("evaluation.html").render(
        verdict=verdict,
        meaning=WORDS.get(verdict["verdict"], ""),
        scores=evaluated,
        models=models,
        rival=rival,
        curves=_curves(curve),
        slices=_slices(evaluated.get("slices", [])),
        metrics=_metrics(evaluated.get("written", {}), [*models, "reference"]),
        written=evaluated.get("written", {}),
        sections=_sections(found.get("generations", []), models, rival),
        behaviours=_behaviours(found.get("behaviours", {})),
        probe=found.get("probe", {}),
    )


def _metrics(written: Mapping[str, Any], columns: Sequence[str]) -> list[dict[str, Any]]:
    """A row a metric: its name, whether more is better, and a text for each model."""
    rows = []
    for name, (label, form, better) in METRICS.items():
        values = [written.get(column, {}).get(name) for column in columns]
        texts = ["" if value is None else form % value for value in values]
        if any(texts):
            rows.append({"label": label, "better": better, "texts": texts})
    return rows


def _behaviours(report: Mapping[str, Any]) -> dict[str, Any]:
    """Counts by kind for each model, and the cases that the candidate fails, musts first."""
    models = [name for name in MODELS if name in report]
    kinds = report["candidate"]["by_kind"] if models else {}
    failed = [row for row in report.get("cases", []) if row["candidate"]["passed"] is False]
    return {
        "models": models,
        "kinds": [
            {"label": kind.replace("_", " "), "of": one["checked"],
             "passed": [report[name]["by_kind"][kind]["passed"] for name in models]}
            for kind, one in kinds.items()
        ],
        "failed": sorted(failed, key=lambda row: not row["must"]),
    }  # fmt: skip


def _curves(curve: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A panel of each quantity of the learning curve that was measured; `once` is the step of one
    that has no curve, which a short training's validation is."""
    panels = (("loss", "training loss, nats a token"),
              ("validation_bits_per_byte", "validation, bits per byte"))  # fmt: skip
    found = []
    for name, label in panels:
        points = [(row["step"], row[name]) for row in curve if row.get(name) is not None]
        if points:
            x = Scale.over([step for step, _ in points], 44, 592)
            y = Scale.over([value for _, value in points], 150, 12)
            path, last = line(points, x, y), (x(points[-1][0]), y(points[-1][1]))
            once = points[0][0] if len(points) == 1 else None
            found.append({"label": label, "path": path, "last": last, "value": points[-1][1],
                          "once": once, "x": ticks(x, 5), "y": ticks(y, 4)})  # fmt: skip
    return found


def _slices(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Tables by kind; each row with the places of its interval, in per cent, on one scale."""
    known = [row for row in rows if None not in (row["difference_low"], row["difference_high"])]
    ends = [row[end] for row in known for end in ("difference_low", "difference_high")]
    scale = Scale.over([*ends, 0.0], 2, 98)
    tables = []
    for kind, members in groupby(rows, key=lambda row: row["by"]):
        made = [{**row, "drawn": _interval(row, scale)} for row in members]
        tables.append({"label": KINDS.get(kind, kind), "rows": made, "zero": scale(0.0)})
    return tables


def _interval(row: Mapping[str, Any], scale: Scale) -> dict[str, Any] | None:
    low, mean, high = (row[f"difference{end}"] for end in ("_low", "", "_high"))
    if None in (low, mean, high):
        return None
    sure = "good" if high < 0 else "bad" if low > 0 else "open"
    return {"low": scale(low), "mean": scale(mean), "high": scale(high), "sure": sure}


def _sections(
    rows: Sequence[Mapping[str, Any]], models: Sequence[str], rival: str
) -> list[dict[str, Any]]:
    """The worst answers, then what got better and worse the most, by chrF with the reference."""
    rows = [row for row in rows if "chrf" in row]
    gain = {id(row): row["chrf"]["candidate"] - row["chrf"][rival] for row in rows}
    worst = sorted(rows, key=lambda row: row["chrf"]["candidate"])
    better = sorted((r for r in rows if gain[id(r)] > 0), key=lambda r: -gain[id(r)])
    lower = sorted((r for r in rows if gain[id(r)] < 0), key=lambda r: gain[id(r)])
    kinds = (
        ("The worst answers", worst),
        (f"What got better than the {rival}'s", better),
        (f"What got worse than the {rival}'s", lower),
    )
    return [
        {"label": label, "rows": [_shown(row, models) for row in some[:SHOWN]]}
        for label, some in kinds
        if some
    ]


def _shown(row: Mapping[str, Any], models: Sequence[str]) -> dict[str, Any]:
    """The last turns are open, those before them can be unfolded."""
    answers = [
        {"model": name, "text": row[name], "chrf": row["chrf"][name], "ended": row["ended"][name]}
        for name in models
    ]
    messages = list(row["messages"])
    return {**row, "earlier": messages[:-1], "last": messages[-1], "answers": answers}
