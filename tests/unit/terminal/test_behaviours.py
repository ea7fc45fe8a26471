"""The cases as a table, and the command whose exit code says whether a must failed."""

import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from chatloop.cli import app
from chatloop.errors import UserError
from chatloop.io.models import hub
from chatloop.terminal.behaviours import behaviours_table

COUNTS = {
    "checked": 2,
    "passed": 1,
    "must_failed": 1,
    "by_kind": {"privacy": {"checked": 2, "passed": 1}},
}
FOUND: dict[str, Any] = {
    "candidate": COUNTS,
    "cases": [
        {"name": "b", "kind": "privacy", "must": True,
         "candidate": {"passed": False, "why": ["has personal data (card)"], "answer": "[CARD_1]"}},
        {"name": "a", "kind": "privacy", "must": False,
         "candidate": {"passed": True, "why": [], "answer": "No."}},
    ],
}  # fmt: skip


def shown(answers: bool) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(behaviours_table("mine", FOUND, answers))
    return console.export_text()


def test_a_must_that_fails_stands_out_with_its_reason() -> None:
    said = shown(answers=False)
    assert "MUST" in said
    assert "has personal data (card)" in said
    assert "1 of 2 cases passed (privacy 1 of 2); 1 that have to pass failed" in said
    assert "[CARD_1]" not in said
    assert "[CARD_1]" in shown(answers=True)


@pytest.fixture
def project(root: Path, tmp_path: Path, small_model: Any, chatml: Any) -> Path:
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(root / name, tmp_path / name)
    hub.save(small_model, chatml, tmp_path / "models" / "candidate")
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "mine.yaml").write_text(
        "- {name: a, question: q, must: true, min_words: 0}"
    )
    return tmp_path


@pytest.mark.parametrize(("least", "code"), [(0, 0), (1000, 1)])
def test_the_exit_code_says_whether_a_must_failed(
    project: Path, monkeypatch: pytest.MonkeyPatch, least: int, code: int
) -> None:
    (project / "evals" / "mine.yaml").write_text(
        f"- {{name: a, question: q, must: true, min_words: {least}}}"
    )
    monkeypatch.chdir(project)
    done = CliRunner().invoke(app, ["behave", "--candidate"])
    assert done.exit_code == code


def test_what_cannot_be_asked_is_one_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    for options, says in (
        (["--candidate", "--version", "3"], "either --candidate or --version"),
        (["--candidate", "--cases", "nowhere"], "nowhere: is not there"),
    ):
        done = CliRunner().invoke(app, ["behave", *options])
        assert isinstance(done.exception, UserError)
        assert says in str(done.exception)
