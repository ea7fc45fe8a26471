"""A run that is killed, cancelled, deployed or scheduled, against a real server."""

import os
import shutil
import signal
import subprocess
from contextlib import chdir
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from flow_project import Start, descendants, gone, until
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.context import refresh_global_settings_context
from prefect.states import Cancelling

from chatloop.errors import BusyError, UserError
from flows.processes.server import api
from flows.schedule import Clock, serve

pytestmark = pytest.mark.server
NAMED = ["--name", "retrain", "--name", "monitor"]
SLEEPS = "sleep 300 & sleep 300\n"


def state_of(client: SyncPrefectClient, run: UUID) -> str:
    state = client.read_flow_run(run).state
    return str(state.name) if state else "none"


def runs(client: SyncPrefectClient, *types: StateType) -> list[FlowRun]:
    """Runs in such a state, the latest first."""
    wanted = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types))))
    return client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.START_TIME_DESC)


def asleep(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Everything below the process, once its stage sleeps."""
    until(lambda: sum(one.name() == "sleep" for one in descendants(process.pid)) == 2)
    return descendants(process.pid)


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM]
)  # a worker cancels by the latter
def test_a_killed_run_leaves_nobody_behind(
    server: str, project: Path, background: Start, number: signal.Signals
) -> None:
    (project / "third.sh").write_text(SLEEPS)
    flow = background("flows/retrain.py", cwd=project)
    family = asleep(flow)

    flow.send_signal(number)

    until(lambda: gone(family))


def test_a_run_that_is_cancelled_on_the_server_ends(
    server: str, project: Path, background: Start
) -> None:
    (project / "third.sh").write_text(SLEEPS)
    flow = background("flows/retrain.py", cwd=project)
    family = asleep(flow)
    with get_client(sync_client=True) as client:
        run = runs(client, StateType.RUNNING)[0]
        client.set_flow_run_state(run.id, Cancelling())

        until(lambda: gone(family))
        until(lambda: flow.poll() is not None)
        assert state_of(client, run.id) == "Cancelled"


def test_a_server_of_our_own_ends_with_us(project: Path, background: Start, server: str) -> None:
    us = background(
        "-c",
        "import time\nfrom flows.processes.server import api\nwith api(): print('up', flush=True); input()",
        cwd=project,
        PREFECT_API_URL="",
    )
    until(lambda: descendants(us.pid))
    family = descendants(us.pid)
    assert "flows.processes.server" in family[0].cmdline()

    us.kill()

    until(lambda: gone(family))


def test_deployed_by_the_lines_of_the_docs_a_need_that_is_found_retrains(
    server: str, project: Path, background: Start, root: Path
) -> None:
    (project / "infra").symlink_to(root / "infra")

    def prefect(*line: str) -> None:
        cli = background("-m", "prefect", "--no-prompt", *line, cwd=project)
        assert cli.wait() == 0, cli.stdout.read() if cli.stdout else ""

    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name="chatloop", type="process"))
        prefect("deploy", "--prefect-file", "infra/prefect.yaml", *NAMED)
        prefect("automation", "create", "--from-file", "infra/automations.yaml")
        retrain = client.read_deployment_by_name("retrain/retrain").id
        monitor = client.read_deployment_by_name("monitor/monitor").id
        client.create_flow_run_from_deployment(monitor)
        worker = background(
            *["-m", "prefect", "worker", "start", "--pool", "chatloop"],
            cwd=project,
            PREFECT_WORKER_QUERY_SECONDS="1",
        )

        def retrained() -> list[FlowRun]:
            done = runs(client, StateType.COMPLETED)
            return [run for run in done if run.deployment_id == retrain]

        until(retrained, seconds=300)
        assert retrained()[0].parameters["because"] == ['sources: "a" changed']
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=200)


def test_a_schedule_makes_runs_appear_and_ctrl_c_ends_it(
    server: str, project: Path, background: Start
) -> None:
    process = background(
        "-c",
        "from flows.schedule import Clock, serve; serve(Clock(cron='0 3 * * *'), name='nightly')",
        cwd=project,
    )
    with get_client(sync_client=True) as client:

        def nightly() -> list[FlowRun]:
            found = {one.id for one in client.read_deployments() if one.name == "nightly"}
            return [run for run in runs(client, StateType.SCHEDULED) if run.deployment_id in found]

        until(nightly)
        assert nightly()[0].auto_scheduled
        busy = rf"another scheduler serves this project \(process {process.pid}\)"
        with chdir(project), pytest.raises(BusyError, match=busy):
            serve(Clock(interval_seconds=60), name="another")

        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=200) == 0
        assert client.read_deployment_by_name("retrain/nightly").paused


def test_the_end_of_a_schedule_ends_its_runs_and_says_so_to_the_server(
    server: str, project: Path, background: Start
) -> None:
    (project / "third.sh").write_text(SLEEPS)
    shutil.copy(project / "flows/retrain.py", project / "small.py")
    process = background(
        "-c",
        "from prefect.schedules import Interval; from flows.schedule import Served, serve_flows;"
        "import small; serve_flows([Served(small.retrain, 'small', Interval(3600))], 'small')",
        cwd=project,
        PREFECT_RUNNER_POLL_FREQUENCY="1",
    )
    with get_client(sync_client=True) as client:
        until(lambda: [one for one in client.read_deployments() if one.name == "small"])
        deployment = client.read_deployment_by_name("retrain/small")
        run = client.create_flow_run_from_deployment(deployment.id)
        family = asleep(process)

        process.terminate()

        assert process.wait(timeout=200) == 0
        until(lambda: gone(family))
        assert state_of(client, run.id) == "Crashed"


def test_a_server_that_answers_at_the_port_is_used(server: str) -> None:
    port = int(server.removesuffix("/api").rpartition(":")[2])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL")
        refresh_global_settings_context()
        with api(port=port) as url:
            assert url == server
            assert os.environ["PREFECT_API_URL"] == server
    refresh_global_settings_context()


@pytest.mark.parametrize(
    ("cron", "seconds"), [("every night", None), ("0 25 * * *", None), (None, 0), (None, None)]
)
def test_a_schedule_that_cannot_be_is_one_clear_line(cron: str | None, seconds: int | None) -> None:
    with pytest.raises(UserError, match=r"^schedule: [^\n]+$"):
        serve(Clock(cron, seconds))
