"""The same against a real server: from training to the champion's folder on another machine."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Make
from projects import TRAIN, Project
from two_machines import at_once, clones, start

from chatloop.io.files import digests, folder_sha256, write_json
from chatloop.io.mlflow_store.connection import connect
from chatloop.io.registry.holding import champion, local_model, pin_champion
from chatloop.io.registry.moving import promote
from chatloop.io.registry.register import register
from chatloop.io.tracking import record, training_run
from chatloop.params import ChampionParams
from chatloop.stages.champion import champion as champion_stage

pytestmark = pytest.mark.server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the MLflow server did not start")


@pytest.fixture
def server(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An MLflow server that keeps the artifacts itself; the project's own store is not used."""
    folder, port = tmp_path / "server", free_port()
    folder.mkdir()
    (project.root / "mlflow.db").rename(folder / "mlflow.db")
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--workers", "1"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    clean = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=clean, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def test_a_team_server_keeps_runs_and_champion(
    project: Project, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(project.root / "cache"))
    name, sha256 = project.name, project.candidate_sha256
    with training_run("f" * 64, {"train": TRAIN}) as run:
        run.log(1, {"loss": 7.5})
        run.finish(sha256)
    assert record(project.root) == run.run_id
    assert record(project.root) == run.run_id
    version = register(name, project.candidate, run.run_id, project.verdict)
    assert register(name, project.candidate, run.run_id, project.verdict) == version == 1
    assert promote(name, version, project.verdict).startswith(f"{name} version 1 is the champion")
    assert pin_champion(name, project.pin, project.candidate) == "no champion to beat yet"

    now = champion(name)
    assert now is not None
    assert now.candidate_sha256 == sha256
    cached = local_model(name)
    assert cached.is_relative_to(project.root / "cache")
    assert folder_sha256(cached) == folder_sha256(local_model(name, 1)) == sha256
    write_json(project.pin, now.pin)
    champion_stage(ChampionParams(name=name), project.pin, project.root / "champion")
    (project.root / "champion" / "champion.json").unlink()
    assert digests(project.root / "champion") == digests(project.candidate)
    assert not (project.root / "mlflow.db").exists()
    assert not (project.root / "mlartifacts").exists()


def test_machines_that_share_a_server_make_one_version_of_the_same_and_leave_no_gap(
    project: Project, server: str, new_project: Make, tmp_path: Path
) -> None:
    machines = clones(project, new_project, tmp_path / "machines", 2)
    found = at_once([start(one, project.name, server) for one in machines])
    assert len({same for same, _ in found}) == 1
    assert {number for pair in found for number in pair} == {1, 2, 3}
    with connect() as store:
        assert len(store.client.search_model_versions(f"name = '{project.name}'")) == 3
        assert [one.name for one in store.client.search_registered_models()] == [project.name]
