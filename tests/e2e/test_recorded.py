"""Runs that are killed and run again, cancelled, or scheduled twice: what is left of each."""

import json
import signal
from pathlib import Path

import pytest
from flow_project import Start, descendants, gone, until
from prefect.client.orchestration import get_client
from prefect.states import Cancelling

from chatloop.errors import BusyError
from chatloop.io.locks import holder, locked
from flows.repository import HELD
from flows.schedule import LOCK, Clock, serve

pytestmark = pytest.mark.server
# The small project's stages in a run that keeps a diary and the lock, as the real one does.
FLOW = """\
import sys
from pathlib import Path
from prefect import flow, get_run_logger
from chatloop.params.file import read_params
from flows.dag import read_dag
from flows.operating.recording import recorded
from flows.pipeline import run_stages
from flows.repository import hold

@flow(name="retrain")
def retrain() -> dict[str, str]:
    with hold(Path.cwd()), recorded(read_params(Path(sys.argv[1])), ["a test"]) as facts:
        stages = run_stages(Path.cwd(), read_dag(Path.cwd()))
        facts.update(outcome="held", said=str(sorted(stages.items())), trained=True)
        return stages

if __name__ == "__main__":
    retrain()
"""


def diary(project: Path) -> list[dict[str, object]]:
    path = project / ".dvc/tmp/loop/runs.json"
    found: list[dict[str, object]] = json.loads(path.read_text()) if path.is_file() else []
    return found


def test_a_run_that_died_frees_the_lock_at_once_and_what_it_finished_is_not_done_again(
    server: str, fresh_project: Path, background: Start, root: Path
) -> None:
    (fresh_project / "recorded.py").write_text(FLOW)
    (fresh_project / "third.sh").write_text("sleep 300 & sleep 300\n")
    params = str(root / "params.yaml")
    first = background("recorded.py", params, cwd=fresh_project)
    until(lambda: any(one.name() == "sleep" for one in descendants(first.pid)), seconds=300)
    family = descendants(first.pid)
    first.send_signal(signal.SIGKILL)
    until(lambda: gone(family))
    assert holder(fresh_project / HELD) is None
    assert diary(fresh_project)[-1]["outcome"] == "running"

    (fresh_project / "third.sh").write_text("cat second.txt > third.txt\n")
    second = background("recorded.py", params, cwd=fresh_project)
    said, _ = second.communicate(timeout=300)

    assert second.returncode == 0, said
    assert f"(process {first.pid}) died; what it had finished is kept" in said
    dead, done = diary(fresh_project)
    assert dead["outcome"] == "died"
    assert done["said"] == "[('first', 'Cached'), ('second', 'Cached'), ('third', 'Ran')]"
    assert done["because"] == ["a test"]


def test_a_run_that_a_person_cancels_is_told_apart_and_leaves_nobody(
    server: str, project: Path, background: Start, root: Path
) -> None:
    (project / "recorded.py").write_text(FLOW)
    (project / "third.sh").write_text("sleep 300 & sleep 300\n")
    flow = background("recorded.py", str(root / "params.yaml"), cwd=project)
    until(lambda: any(one.name() == "sleep" for one in descendants(flow.pid)), seconds=300)
    family = descendants(flow.pid)
    with get_client(sync_client=True) as client:
        newest = max(client.read_flow_runs(), key=lambda run: run.created)
        client.set_flow_run_state(newest.id, Cancelling())
    until(lambda: gone(family) and flow.poll() is not None)
    assert diary(project)[-1]["outcome"] == "cancelled"
    assert holder(project / HELD) is None


def test_a_failure_is_in_the_diary_with_its_message(
    server: str, project: Path, background: Start, root: Path
) -> None:
    (project / "recorded.py").write_text(FLOW)
    (project / "third.sh").write_text("echo 'chatloop third: error: no such key'; exit 2\n")
    flow = background("recorded.py", str(root / "params.yaml"), cwd=project)
    flow.communicate(timeout=300)
    last = diary(project)[-1]
    assert (last["outcome"], last["said"]) == ("failed", "third: no such key")


def test_a_second_scheduler_on_one_project_is_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        locked(LOCK, "", ""),
        pytest.raises(BusyError, match=r"^another scheduler serves this project \(process \d+\)"),
    ):
        serve(Clock(cron="0 3 * * *"))
