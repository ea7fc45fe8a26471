"""What a run came to, for a person: what came in, what was learned, the verdict, what is next."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

COLOURS = {"PROMOTE": "green", "HOLD": "yellow", "REJECT": "red"}


def summary(reports: Mapping[str, Any], result: Mapping[str, Any]) -> RenderableType:
    """A panel from the reports by name (ingest, clean, …) and what the flow returned."""
    verdict = reports["verdict"]
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, said in _rows(reports, result):
        table.add_row(name, said)
    colour = COLOURS[verdict["verdict"]]
    return Group(
        Panel(table, title="chatloop", border_style=colour, padding=(1, 2)),
        Text.from_markup(_next_steps(bool(result["promoted"] or verdict["champion_version"]))),
    )


def _rows(reports: Mapping[str, Any], result: Mapping[str, Any]) -> list[tuple[str, Text]]:
    verdict = reports["verdict"]
    colour = COLOURS[verdict["verdict"]]
    judged = Text(verdict["verdict"], style=f"bold {colour}")
    judged.append("".join(f"\n  {reason}" for reason in verdict["reasons"]), style="default")
    rows = {
        "Stages": _stages(result["stages"]),
        "Came in": _came_in(reports["ingest"]),
        "Rejected": _rejected(reports["clean"]),
        "Repaired": _counts(reports["clean"]["repaired"]),
        "Redacted": _counts(reports["clean"]["redacted"]),
        "Validated": _validated(reports["validate"]),
        "Split": _split(reports["split"]),
        "Trained": _trained(reports["train"], reports["ledger"]["train"]["tokens"]),
        "Aligned": _aligned(reports["align"]),
        "Scores": _scores(reports["evaluate"]),
        "Behaviour": _behaviour(reports["behaviours"]),
    }
    said = [(name, Text(text)) for name, text in rows.items()]
    return [*said, ("Verdict", judged), ("Registered", Text(_registered(result)))]


def _stages(stages: Mapping[str, str]) -> str:
    states: dict[str, list[str]] = {}
    for name, state in stages.items():
        states.setdefault(state, []).append(name)
    return "; ".join(f"{state}: {', '.join(names)}" for state, names in sorted(states.items()))


def _came_in(report: Mapping[str, Any]) -> str:
    reasons = _counts(report["quarantined_by_reason"]) if report["quarantined"] else ""
    return (
        f"{report['conversations']:,} conversations, {report['turns']:,} turns; "
        f"{report['quarantined']:,} records quarantined{': ' + reasons if reasons else ''}"
    )


def _rejected(report: Mapping[str, Any]) -> str:
    talks = report["conversations"]
    reasons = _counts(report["rejected_by_reason"])
    return f"{talks['rejected']:,} of {talks['in']:,} conversations: {reasons}"


def _counts(counts: Mapping[str, int]) -> str:
    """`60 duplicate, 24 too_long`, the most frequent first."""
    pairs = sorted(((n, name) for name, n in counts.items() if n), key=lambda p: (-p[0], p[1]))
    return ", ".join(f"{count:,} {name}" for count, name in pairs) or "nothing"


def _validated(report: Mapping[str, Any]) -> str:
    return "all expectations hold" if report["success"] else "expectations failed"


def _split(report: Mapping[str, Any]) -> str:
    names = ("train", "validation", "test")
    return ", ".join(f"{report[name]['conversations']:,} {name}" for name in names)


def _trained(report: Mapping[str, Any], tokens: Mapping[str, int]) -> str:
    return (
        f"{report['steps']:,} steps, {report['supervised_tokens']:,} supervised tokens seen "
        f"({tokens['supervised']:,} supervised, {tokens['masked']:,} masked in the data); "
        f"validation {report['validation_bits_per_byte']:.4f} bits per byte"
    )


def _aligned(report: Mapping[str, Any]) -> str:
    if not report.get("kept_step"):
        if not report["rows"]:
            return "as trained: there are no judged answers"
        skipped = _counts(report["skipped_by_reason"])
        return f"as trained; of {report['rows']:,} judged answers skipped: {skipped}"
    return (
        f"{report['kept_step']:,} steps on {report['learned']:,} judged answers, "
        f"{report['held_out']:,} held out (of all: {_counts(report['kinds'])}); validation "
        f"{report['validation_bits_per_byte_rise']:+.4f} bits per byte"
    )


def _scores(report: Mapping[str, Any]) -> str:
    bits = report["bits_per_byte"]
    texts = {name: "no number" if value is None else f"{value:.4f}" for name, value in bits.items()}
    scores = ", ".join(f"{name} {text}" for name, text in sorted(texts.items()))
    return f"bits per byte on {report['comparable']:,} held-out conversations: {scores}"


def _behaviour(report: Mapping[str, Any]) -> str:
    """`candidate 31, champion 30 of 48 cases`."""
    models = [name for name in ("candidate", "champion") if name in report]
    passed = ", ".join(f"{name} {report[name]['passed']}" for name in models)
    return f"{passed} of {report['candidate']['checked']:,} cases passed"


def _registered(result: Mapping[str, Any]) -> str:
    alias = "champion" if result["promoted"] else "candidate"
    return f"chatloop version {result['version']}, alias {alias}"


def _next_steps(has_champion: bool) -> str:
    talk = ("chatloop chat", "talk to the champion")
    steps = (
        *([talk] if has_champion else []),
        ("chatloop status", "see the loop on one screen"),
        ("make ui", "look at the runs in MLflow and Prefect"),
        ('chatloop schedule --cron "0 3 * * *"', "retrain every night at three"),
        ("dvc metrics diff", "see what changed since the last commit"),
    )
    return "\n".join(f"  [bold]{command:<38}[/bold] {what}" for command, what in steps)
