"""A server that is away from the start, comes, goes and comes again: all is told, once, in order."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from test_mlflow_server import free_port, wait_for

from chatloop.io.mlflow_store import live
from chatloop.io.mlflow_store.connection import connect
from chatloop.io.mlflow_store.unsent import UNSENT
from chatloop.io.tracking import training_run

pytestmark = pytest.mark.server


@contextmanager
def server(folder: Path, port: int) -> Iterator[None]:
    """MLflow on a port, over the database in the folder, as long as the block lasts."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--workers", "1"]
    clean = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=clean, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process)
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def history(run_id: str) -> list[tuple[int, float]]:
    with connect() as store:
        return [(m.step, m.value) for m in store.client.get_metric_history(run_id, "loss")]


def test_training_waits_for_no_server_and_the_server_misses_nothing(
    tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    port = free_port()
    shutil.copy(empty_database, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    for name in ("FLUSH_SECONDS", "LONGEST_PAUSE"):
        monkeypatch.setattr(live, name, 0.1)
    with training_run("f" * 64, {"train": {"epochs": 3}}) as run:
        for step in range(1, 4):
            run.log(step, {"loss": 1.0 / step})
        assert run.run_id == ""
        with server(tmp_path, port):
            until(lambda: bool(run.run_id))
            until(lambda: len(history(run.run_id)) == 3)
        for step in range(4, 7):
            run.log(step, {"loss": 1.0 / step})
        with server(tmp_path, port):
            until(lambda: len(history(run.run_id)) == 6)
            run.finish("c" * 64)
            run.log(7, {"loss": 1.0 / 7})
            run.end("FINISHED")
            assert history(run.run_id) == [(step, 1.0 / step) for step in range(1, 8)]
            with connect() as store:
                (only,) = store.client.search_runs([store.experiment_id])
    assert only.info.status == "FINISHED"
    assert only.data.tags["chatloop.candidate_sha256"] == "c" * 64
    assert not UNSENT.exists()
    said = [r.getMessage() for r in caplog.records if r.name == "chatloop.tracking"]
    assert len(said) == 1
    assert "Training goes on; what MLflow misses is kept in .dvc/tmp/mlflow" in said[0]
