import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from chatloop.terminal.status import status_screen

NOW = 1_795_400_000.0
NOTHING: dict[str, Any] = {
    "model": "chatloop", "now": NOW, "champion": None, "previous": None, "candidate": None,
    "runs": [], "running": None, "schedule": None, "queue": None, "monitor": None,
    "disk": {"free": 5e9, "total": 1e11, "parts": {}},
}  # fmt: skip
RUN = {"started": NOW - 3600, "ended": NOW - 3000, "pid": 7, "because": [], "version": 4,
       "trained": True}  # fmt: skip


def screen(state: dict[str, Any], width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(status_screen(state))
    return out.getvalue()


def test_what_is_not_there_yet_names_the_command_that_makes_it() -> None:
    said = screen(NOTHING)
    for command in ("chatloop run", "chatloop schedule", "chatloop monitor"):
        assert command in said


def test_everything_fits_eighty_columns_and_one_screen() -> None:
    long = "loses 0.0210 bits per byte against version 3 (at most 0.0100 is allowed)"
    held = {"version": 4, "verdict": "PROMOTE", "made": NOW - 90_000}
    signals = [{"name": "drift", "fired": True, "reason": "vocabulary drifted " * 9}]
    full = {
        **NOTHING, "champion": held, "previous": {**held, "version": 3}, "candidate": held,
        "runs": [{**RUN, "outcome": outcome, "said": long}
                 for outcome in ("running", "promoted", "held", "died", "nothing_new")],
        "running": {"pid": 4711},
        "schedule": {"cron": "0 3 * * *", "interval_seconds": None, "check_seconds": 900,
                     "next": NOW + 7200},
        "queue": {"next_due": NOW + 7200, "running": 1, "waiting": 0, "late": 2},
        "monitor": {"at": NOW - 60, "signals": signals, "said": "cool-down"},
        "disk": {"free": 5e9, "total": 1e11,
                 "parts": {"DVC cache": {"bytes": 2e9, "whole": False}}},
    }  # fmt: skip
    said = screen(full)
    assert max(map(len, said.splitlines())) <= 80
    assert len(said.splitlines()) <= 30
    for part in (
        "version 4, PROMOTE, 1 day ago",
        "before it: version 3",
        "process 4711",
        "cron 0 3 * * *",
        "2 late",
        "over 2.0 GB",
        "5.0 GB free (5%)",
        "nothing new",
    ):
        assert part in re.sub(r"\s*│\n│\s+", " ", said), part


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_fresh_clone_is_told_in_a_moment_without_torch_mlflow_or_prefect(
    root: Path, tmp_path: Path, options: list[str]
) -> None:
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_text((root / name).read_text())
    code = (
        "import sys; from chatloop.cli import app; app(standalone_mode=False);"
        "print({'torch', 'mlflow', 'prefect', 'dvc', 'transformers'} & {*sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "status", *options],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr.strip() == "set()"
    if options:
        assert json.loads(done.stdout)["champion"] is None
    else:
        assert "none yet" in done.stdout
    assert not (tmp_path / ".dvc").exists()
