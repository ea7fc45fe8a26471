"""A project of the loop's own: a folder with the shipped pipeline, and `chatloop` at work in it.

    project = made(folder)
    project.run(["ingest.builtin.conversations=1800"], print)    →  Run(outcome="promoted", version=1)
    project.report("evaluate")["bits_per_byte"]                  →  {"candidate": 0.21, "base": 2.9}

It is not this checkout's own project: what the rounds leave goes with the folder.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatloop.io.files import read_json, write_json
from chatloop.io.operating.journal import FOLDER, Journal, Run
from flows.processes import child

ROOT = Path(__file__).parents[2]
CARRIED = ("dvc.yaml", "params.yaml", ".dvcignore", ".gitignore", "prefect.toml")
FOLDERS = (".dvc", "src", "evals")
PINS: dict[str, dict[str, Any]] = {  # as they are before anything was pinned
    "sources": {"files": []},
    "base": {"files": []},
    "champion": {"version": None},
    "accepted": {"conversations": None},
    "feedback": {"last": 0, "rows": 0, "parts": [], "versions": {}, "forgotten": []},
    "reviews": {"accepted": [], "rejected": []},
}
AUTHOR = ["-c", "user.name=loop", "-c", "user.email=loop@example.com", "-c", "commit.gpgsign=false"]
SAID = 40  # lines of a run that failed


@dataclass(frozen=True)
class Project:
    """Where it is; nothing of the machine's own settings reaches into it."""

    folder: Path

    def run(self, changes: Sequence[str], say: Callable[[str], None]) -> Run:
        """`chatloop run -S …`, its lines to `say`; what the diary has of it.

        Raises:
            RuntimeError: it failed.
        """
        heard: list[str] = []

        def listen(line: str) -> None:
            heard.append(line)
            say(line)

        overrides = [word for change in changes for word in ("-S", change)]
        code = child.run(
            "chatloop", ["run", *overrides], self.folder, on_line=listen, env=environment()
        )
        if code:
            raise RuntimeError("\n".join([f"chatloop run ended with {code}", *heard[-SAID:]]))
        return Journal(self.folder / FOLDER).runs()[-1]

    def report(self, name: str) -> dict[str, Any]:
        """A report of the last run."""
        found: dict[str, Any] = read_json(self.folder / "reports" / f"{name}.json")
        return found


def made(folder: Path) -> Project:
    """A git and DVC repository with this checkout's pipeline, without its data and its pins."""
    folder.mkdir(parents=True)
    for name in CARRIED:
        shutil.copy(ROOT / name, folder / name)
    left = shutil.ignore_patterns("tmp", "cache", "config.local", "__pycache__")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=left)
    for name, content in PINS.items():
        write_json(folder / "pins" / f"{name}.json", content)
    for words in (["init", "-q"], ["add", "-A"], [*AUTHOR, "commit", "-qm", "start"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return Project(folder)


def environment() -> dict[str, str]:
    """For children: this checkout's code, the project's own MLflow, no hub."""
    paths = [str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "MLFLOW_TRACKING_URI": "",
        "MLFLOW_REGISTRY_URI": "",
        "HF_HUB_OFFLINE": "1",
    }
