"""A project of its own for a test: the repository's pipeline over a small corpus, in a folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib import get_cachedir

from benchmarks.team.project import made
from tests.pipeline.in_process import InProcess

CARRIED = ("dvc.yaml", "params.yaml", ".dvcignore", ".gitignore", "prefect.toml")
SMALL = (
    "ingest.builtin.conversations=400",
    "base.tiny.layers=1",
    "base.tiny.width=32",
    "base.tiny.context=256",
    "tokenize.context=256",
    "base.tiny.vocab_size=600",
    "train.epochs=1",
    "train.evaluate_every=1000",
    "evaluate.generations=2",
    "evaluate.max_new_tokens=8",
    "evaluate.probe.personal.prompts=4",
    "evaluate.probe.spans={count: 4, prefix: 8, tokens: 50, least: 16}",
    "evaluate.probe.texts=8",
    "evaluate.speed.rounds=1",
    "gate.min_conversations=20",
    "gate.resamples=200",
    *(f"{stage}.threads=1" for stage in ("train", "align", "evaluate")),
)


@pytest.fixture
def project(tmp_path: Path, root: Path, prefect_home: Callable[[Path], Path]) -> Path:
    """A git and DVC repository with the shipped pipeline."""
    prefect_home(tmp_path / "prefect")
    folder = tmp_path / "project"
    folder.mkdir()
    for name in CARRIED:
        shutil.copy(root / name, folder / name)
    shutil.copytree(root / ".dvc", folder / ".dvc", ignore=shutil.ignore_patterns("tmp", "cache"))
    shutil.copytree(root / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "evals", folder / "evals")
    (folder / "pins").mkdir()
    (folder / "pins" / "sources.json").write_text('{\n  "files": []\n}\n')
    (folder / "pins" / "base.json").write_text('{\n  "files": []\n}\n')
    for name in ("feedback", "reviews"):
        shutil.copy(root / "pins" / f"{name}.json", folder / "pins" / f"{name}.json")
    (folder / "pins" / "champion.json").write_text('{\n  "version": null\n}\n')
    (folder / "pins" / "accepted.json").write_text('{\n  "conversations": null\n}\n')
    run(["git", "init", "-q"], folder)
    run(["git", "add", "-A"], folder)
    run(["git", "commit", "-qm", "start"], folder)
    return folder


def run(
    command: list[str], cwd: Path, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A command in the project, with its own Prefect home and without the machine's settings."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "MLFLOW_"))}
    env |= {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PREFECT_HOME": str(cwd.parent / "prefect"),
        "HF_HUB_OFFLINE": "1",
        "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com",
        "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.com",
    }  # fmt: skip
    done = subprocess.run(
        command, cwd=cwd, env=env | environment, capture_output=True, text=True, check=False
    )
    if check:
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


@pytest.fixture
def chatloop(project: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`chatloop …` in the project."""

    def call(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return run([sys.executable, "-m", "chatloop", *arguments], project, check=check)

    return call


@pytest.fixture
def dvc(project: Path) -> Callable[..., str]:
    """`dvc …` in the project; what it printed."""

    def call(*arguments: str) -> str:
        done = run([sys.executable, "-m", "dvc", *arguments], project)
        return done.stdout + done.stderr

    return call


@pytest.fixture
def in_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    """The shipped pipeline in a folder that is the working folder, with a store of its own."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    get_cachedir()  # found before the cache moves: matplotlib looks for fonts once, not in each test
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    project = InProcess(made(tmp_path / "project").folder)
    monkeypatch.chdir(project.folder)
    return project
