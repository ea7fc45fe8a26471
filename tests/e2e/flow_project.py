"""The small DVC project of the flow's tests, and how they watch processes."""

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

Start = Callable[..., "subprocess.Popen[str]"]
DVC_YAML = """\
stages:
  first:
    cmd: echo "first says hello"; cat source.txt > first.txt
    deps: [source.txt]
    outs: [first.txt]
    meta: {prefect: {retries: 1}}
  second:
    cmd: echo "second says hello"; cat first.txt first.txt > second.txt
    deps: [first.txt]
    outs: [second.txt]
  third:
    cmd: sh third.sh
    deps: [first.txt, second.txt, third.sh]
    outs: [third.txt]
    meta: {prefect: {retries: 2, retry_delay_seconds: 0, timeout_seconds: 60}}
"""
# What a deployment of the small project runs: the stages, and nothing behind the gate.
FLOW = """\
from pathlib import Path
from prefect import flow
from flows.dag import read_dag
from flows.pipeline import run_stages

@flow(name="retrain")
def retrain(
    overrides: list[str] | None = None, because: list[str] | None = None
) -> dict[str, str]:
    return run_stages(Path.cwd(), read_dag(Path.cwd()))

if __name__ == "__main__":
    retrain()
"""

# The same with the repository's lock and the diary, as the real one has them.
RECORDED = """\
from pathlib import Path
from prefect import flow
from chatloop.params.file import read_params
from flows.dag import read_dag
from flows.operating.recording import recorded
from flows.pipeline import run_stages
from flows.repository import hold

@flow(name="retrain")
def retrain(overrides: list[str] | None = None, because: list[str] | None = None) -> None:
    with hold(Path.cwd()), recorded(read_params(Path("params.yaml")), because or []) as facts:
        stages = run_stages(Path.cwd(), read_dag(Path.cwd()))
        facts.update(outcome="held", said=str(sorted(stages.items())), trained=True)
"""

# One that always finds a need, as flows/monitor.py says it.
MONITOR = """\
from prefect import flow
from prefect.events import emit_event

@flow(name="monitor")
def monitor(act: str = "tell") -> None:
    resource = {"prefect.resource.id": "chatloop.model.small"}
    emit_event("chatloop.retrain.due", resource, payload={"because": ['sources: "a" changed']})
"""


def make_project(root: Path) -> Path:
    from dvc.repo import Repo

    (root / "flows").mkdir(parents=True)
    (root / "flows/retrain.py").write_text(FLOW)
    (root / "flows/monitor.py").write_text(MONITOR)
    (root / "dvc.yaml").write_text(DVC_YAML)
    (root / "source.txt").write_text("conversations\n")
    (root / "third.sh").write_text("cat second.txt > third.txt\n")
    Repo.init(str(root), no_scm=True)
    return root


def descendants(pid: int) -> list[psutil.Process]:
    """All processes that the process started, and what they started."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def names(processes: list[psutil.Process]) -> list[str]:
    """What they are called; who ends meanwhile is left out."""
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found.append(process.name())
    return found


def gone(processes: list[psutil.Process]) -> bool:
    """Whether none of them does anything any more."""
    return not any(
        process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes
    )


def until(condition: Callable[[], object], seconds: float = 200.0) -> None:
    """Wait for the condition, and fail if it does not come: before a stage wakes from `sleep 300`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not come within {seconds} s"
        time.sleep(0.05)
