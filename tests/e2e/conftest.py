"""A small DVC project with three shell stages, and a real Prefect server for it on loopback."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flow_project import Start, descendants, make_project


@pytest.fixture
def fresh_project(tmp_path: Path) -> Path:
    """Root of the small project, a DVC repository; `third` does what third.sh says."""
    return make_project(tmp_path / "fresh")


@pytest.fixture
def project(tmp_path: Path, reproduced: Path) -> Path:
    """The same after `dvc repro`."""
    return Path(shutil.copytree(reproduced, tmp_path / "project"))


@pytest.fixture(scope="session")
def reproduced(once: Callable[..., Path]) -> Path:
    def make(folder: Path) -> None:
        root = make_project(folder / "project")
        subprocess.run([sys.executable, "-m", "dvc", "repro", "-q"], cwd=root, check=True)

    return once("reproduced", make) / "project"


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, prefect_home: Callable[[Path], Path]
) -> Iterator[str]:
    """URL of a Prefect server with its own database, set for this process and its children."""
    home = prefect_home(tmp_path_factory.mktemp("server") / "prefect")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(home))
        for name in ("PREFECT_API_URL", "PREFECT_PROFILE"):
            patch.delenv(name, raising=False)
        from prefect.context import refresh_global_settings_context

        from flows.processes.server import api

        refresh_global_settings_context()
        with api(port=0) as url:
            yield url
    refresh_global_settings_context()


@pytest.fixture
def background() -> Iterator[Start]:
    """Starts `python ARGUMENTS` in the background; at the end nothing of it is left."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, cwd: Path, **env: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            env={**os.environ, "PWD": str(cwd), **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        for left in [*descendants(process.pid), process]:
            left.kill()
        process.communicate()
