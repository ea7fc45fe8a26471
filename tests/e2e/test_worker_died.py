"""A real worker's run that is killed, alone and together with its worker: who notices, how soon,
and what is left of it."""

import json
import shutil
import signal
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import ANY
from uuid import UUID

import psutil
import pytest
import yaml
from flow_project import RECORDED, Start, descendants, gone, names, until
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.states import Cancelling

from chatloop.io.locks import holder
from flows.repository import HELD

pytestmark = pytest.mark.server
SECONDS = 10  # of silence, here; what is shipped waits for two heartbeats


class Deployed:
    """The small project's flow as a deployment, and workers for it."""

    def __init__(self, project: Path, root: Path, start: Start, client: SyncPrefectClient) -> None:
        self.project, self.client, self._start = project, client, start
        (project / "flows/retrain.py").write_text(RECORDED)
        shutil.copy(root / "params.yaml", project)
        (project / "infra").symlink_to(root / "infra")
        shipped = (root / "infra/automations.yaml").read_text()
        (project / "soon.yaml").write_text(shipped.replace("within: 55", f"within: {SECONDS}"))
        client.create_work_pool(WorkPoolCreate(name="chatloop-died", type="process"))
        file = ["--prefect-file", "infra/prefect.yaml"]
        self._prefect("deploy", *file, "--name", "retrain", "--pool", "chatloop-died")
        self._deployment = client.read_deployment_by_name("retrain/retrain").id

    def _prefect(self, *line: str) -> None:
        cli = self._start("-m", "prefect", "--no-prompt", *line, cwd=self.project)
        assert cli.wait() == 0, cli.stdout.read() if cli.stdout else ""

    @contextmanager
    def noticing(self) -> Iterator[None]:
        """The shipped automation, less patient; on a slow machine it may not even wait for us."""
        self._prefect("automation", "create", "--from-file", "soon.yaml")
        yield
        for one in self.client.read_automations_by_name("chatloop notices runs that died"):
            self.client.delete_automation(one.id)

    def worker(self) -> subprocess.Popen[str]:
        return self._start(
            *["-m", "prefect", "worker", "start", "--pool", "chatloop-died"],
            cwd=self.project, PREFECT_WORKER_QUERY_SECONDS="1",
        )  # fmt: skip

    def run(self) -> UUID:
        return self.client.create_flow_run_from_deployment(self._deployment).id

    def ends(self, run: UUID, state: str) -> None:
        def there() -> bool:
            found = self.client.read_flow_run(run).state
            return found is not None and found.name == state

        until(there, seconds=300)

    def asleep(self, worker: subprocess.Popen[str]) -> list[psutil.Process]:
        """The run's process and all below it, once the last stage sleeps."""

        def found() -> list[list[psutil.Process]]:
            families = [
                [one, *descendants(one.pid)] for one in psutil.Process(worker.pid).children()
            ]
            return [some for some in families if "sleep" in names(some)]

        until(found, seconds=300)
        return found()[0]

    def diary(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(
            (self.project / ".dvc/tmp/loop/runs.json").read_text()
        )
        return found


@pytest.fixture
def deployed(server: str, fresh_project: Path, background: Start, root: Path) -> Iterator[Deployed]:
    with get_client(sync_client=True) as client:
        yield Deployed(fresh_project, root, background, client)


def test_who_died_or_was_cancelled_leaves_nobody_no_lock_and_no_finished_stage_undone(
    deployed: Deployed,
) -> None:
    last = deployed.project / "third.sh"
    last.write_text("sleep 300\n")
    worker, first = deployed.worker(), deployed.run()
    family = deployed.asleep(worker)
    family[0].kill()  # the flow alone: its worker sees it
    until(lambda: gone(family))
    assert holder(deployed.project / HELD) is None
    deployed.ends(first, "Crashed")

    cancelled = deployed.run()
    family = deployed.asleep(worker)
    deployed.client.set_flow_run_state(cancelled, Cancelling())
    deployed.ends(cancelled, "Cancelled")
    until(lambda: gone(family))
    assert holder(deployed.project / HELD) is None

    with deployed.noticing():
        second = deployed.run()
        family = deployed.asleep(worker)
        for one in [psutil.Process(worker.pid), *descendants(worker.pid)]:
            one.kill()  # as if the machine had gone
        until(lambda: gone(family))
        assert holder(deployed.project / HELD) is None
        deployed.ends(second, "Crashed")  # nobody but the server is left to notice

    last.write_text("cat second.txt > third.txt\n")
    worker, third = deployed.worker(), deployed.run()
    deployed.ends(third, "Completed")  # the place was free: a run too many is cancelled
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=200)
    assert [one["outcome"] for one in deployed.diary()] == ["died", ANY, "died", "held"]
    assert deployed.diary()[-1]["said"] == str(
        [("first", "Cached"), ("second", "Cached"), ("third", "Ran")]
    )


def test_what_is_shipped_notices_within_a_minute_and_never_a_run_that_lives(root: Path) -> None:
    from prefect.settings.models.server.events import ServerEventsSettings

    shipped = yaml.safe_load((root / "infra/automations.yaml").read_text())["automations"][0]
    beats = tomllib.loads((root / "prefect.toml").read_text())["flows"]["heartbeat_frequency"]
    looks = ServerEventsSettings().proactive_granularity
    silence = timedelta(seconds=shipped["trigger"]["within"])
    assert silence + looks <= timedelta(minutes=1)
    assert silence > timedelta(seconds=1.5 * beats)
