"""Prefect's server is killed and comes back in the middle of a run: the run does not notice."""

import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from flow_project import RECORDED, Start, descendants, names, until

pytestmark = pytest.mark.server
SERVES = """\
import signal, sys
from flows.processes.server import api
with api(port=int(sys.argv[1])):
    print("up", flush=True)
    signal.pause()
"""


@pytest.fixture
def serving(
    tmp_path: Path, prefect_home: Callable[[Path], Path], background: Start
) -> Callable[[int], subprocess.Popen[str]]:
    """Starts a server on a port, over one database, and waits until it answers."""
    home = str(prefect_home(tmp_path / "prefect"))

    def serve(port: int) -> subprocess.Popen[str]:
        us = background(
            "-c", SERVES, str(port), cwd=tmp_path, PREFECT_HOME=home, PREFECT_API_URL=""
        )
        assert us.stdout
        assert "up\n" in iter(us.stdout.readline, "")
        return us

    return serve


def test_a_server_that_restarts_in_the_middle_of_a_run_loses_and_repeats_nothing(
    serving: Callable[[int], subprocess.Popen[str]],
    fresh_project: Path,
    background: Start,
    root: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    (fresh_project / "flows/retrain.py").write_text(f"{RECORDED}\nretrain()\n")
    (fresh_project / "params.yaml").write_bytes((root / "params.yaml").read_bytes())
    waits = (
        "until [ -e go ]; do sleep 0.1; done; echo once >> ran.txt; cat second.txt > third.txt\n"
    )
    (fresh_project / "third.sh").write_text(waits)
    first = serving(port)
    run = background("flows/retrain.py", cwd=fresh_project, PREFECT_API_URL=url)
    until(lambda: "sh" in names(descendants(run.pid)), seconds=300)
    for one in [*descendants(first.pid), first]:
        one.kill()
    first.wait()

    serving(port)
    (fresh_project / "go").touch()

    said, _ = run.communicate(timeout=300)
    assert run.returncode == 0, said
    assert (fresh_project / "ran.txt").read_text() == "once\n"
    (entry,) = json.loads((fresh_project / ".dvc/tmp/loop/runs.json").read_text())
    assert entry["said"] == "[('first', 'Ran'), ('second', 'Ran'), ('third', 'Ran')]"
    (found,) = httpx.post(f"{url}/flow_runs/filter", json={}, timeout=30).json()
    assert found["state"]["name"] == "Completed"
