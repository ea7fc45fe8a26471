"""What the run's page in Prefect shows: the verdict, the scores, the report, a picture of each.

show(Path("reports"), "file:///…/reports/evaluation.html", "version 4: PROMOTE")

Artifacts with a key have a history on the server, so that one sees how the scores went.
"""

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)

from chatloop.io.files import read_json

PICTURE_DPI = 80


def show(reports: Path, link: str, title: str) -> None:
    """Tables, a link and pictures of the reports in a folder."""
    verdict, scores = read_json(reports / "verdict.json"), read_json(reports / "evaluate.json")
    reasons = "\n".join(f"- {reason}" for reason in verdict["reasons"])
    create_markdown_artifact(f"## {title}\n\n{reasons}\n", key="chatloop-verdict")
    checks = check_rows(verdict)
    if checks:
        create_table_artifact(checks, key="chatloop-checks", description="What the gate looked at")
    create_table_artifact(score_rows(scores), key="chatloop-scores", description="Held-out scores")
    if link.startswith("http"):
        create_link_artifact(link, key="chatloop-report", link_text="The report")
    else:
        create_markdown_artifact(f"The report: `{link}`", key="chatloop-report")
    _pictures(reports)


def check_rows(verdict: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row a check of the gate: its outcome, and its numbers in words."""
    return [
        {"check": name, "outcome": found["outcome"], "numbers": _numbers(found)}
        for name, found in verdict.get("findings", {}).items()
    ]


def score_rows(scores: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row a model and metric, of whatever the evaluation says by model."""
    return [
        {"metric": metric.replace("_", " "), "model": model, "value": value}
        for metric, by_model in sorted(scores.items())
        if isinstance(by_model, dict)
        for model, value in sorted(by_model.items())
        if isinstance(value, int | float)
    ]


def _numbers(found: Mapping[str, Any]) -> str:
    numbers = {key: value for key, value in found.items() if isinstance(value, int | float)}
    return ", ".join(f"{key} {value:.4g}" for key, value in numbers.items() if key != "outcome")


def _pictures(reports: Path) -> None:
    """Drawn into the artifact itself: the server knows no files of ours."""
    from chatloop.io.mlflow_store.figures import of_reports  # noqa: PLC0415  (matplotlib is slow)

    for name, figure in of_reports(reports):
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=PICTURE_DPI, bbox_inches="tight")
        data = base64.b64encode(drawn.getvalue()).decode()
        key = f"chatloop-{name.replace('_', '-')}"
        create_image_artifact(f"data:image/png;base64,{data}", key=key)
