"""Stages as Prefect tasks: what runs, what is cached, what is retried, and what the server sees."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flow_project import until
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.runtime import flow_run

from chatloop.errors import UserError
from flows.dag import read_dag
from flows.pipeline import StageFailedError, last_error, run_stages
from flows.repository import hold, put_away

pytestmark = pytest.mark.server
NAMES = ["first", "second", "third"]
seen: list[UUID] = []


@flow(name="stages")
def stages(root: Path, steps: Any = None) -> dict[str, str]:
    seen.append(UUID(flow_run.get_id()))
    return run_stages(root, read_dag(root), before=steps)


def server_logs() -> list[str]:
    """What the server holds of the last flow run's logs."""
    mine = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[seen[-1]]))
    with get_client(sync_client=True) as client:
        return [log.message for log in client.read_logs(mine)]


def third_fails(root: Path, says: str, code: int) -> Path:
    """Let the last stage fail; returns a file that gets a line at each try."""
    tries = root / "tries.txt"
    (root / "third.sh").write_text(f"echo try >> {tries}\necho '{says}'\nexit {code}\n")
    return tries


def test_a_first_run_runs_all_in_order_steps_between_and_logs_what_stages_say(
    server: str, fresh_project: Path
) -> None:
    there: list[bool] = []
    steps = {"third": lambda: there.append((fresh_project / "second.txt").exists())}

    assert stages(fresh_project, steps) == dict.fromkeys(NAMES, "Ran")
    assert there == [True]
    until(lambda: "first says hello" in server_logs())


def test_nothing_runs_twice_and_a_changed_policy_changes_nothing(
    server: str, project: Path
) -> None:
    text = (project / "dvc.yaml").read_text()
    (project / "dvc.yaml").write_text(text.replace("retries: 1", "retries: 5"))

    assert stages(project) == dict.fromkeys(NAMES, "Cached")


def test_a_half_written_lock_file_costs_no_work(server: str, project: Path) -> None:
    lock = project / "dvc.lock"
    lock.write_bytes(lock.read_bytes()[:-40] + b"\n  path: [")

    assert "dvc.lock was half-written" in put_away(project)[0]
    assert stages(project) == dict.fromkeys(NAMES, "Restored")


def test_a_failing_stage_is_retried_then_fails_the_flow_with_its_own_message(
    server: str, project: Path
) -> None:
    tries = third_fails(project, "chatloop third: error: the disk is full", 7)
    with pytest.raises(StageFailedError, match=r"^third: the disk is full$") as caught:
        stages(project)

    assert caught.value.exit_code == 7
    assert tries.read_text().count("try") == 3
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(seen[-1]).state
    assert state is not None
    assert state.is_failed()
    assert "third: the disk is full" in str(state.message)


@pytest.mark.parametrize("code", [2, 3])
def test_a_users_mistake_is_not_retried(server: str, project: Path, code: int) -> None:
    tries = third_fails(project, "chatloop third: error: no such key", code)
    with pytest.raises(StageFailedError, match="no such key") as caught:
        stages(project)

    assert caught.value.exit_code == code
    assert tries.read_text().count("try") == 1


def test_a_stage_that_takes_too_long_is_ended_and_says_so(server: str, project: Path) -> None:
    (project / "third.sh").write_text("sleep 60\n")
    text = (project / "dvc.yaml").read_text().replace("timeout_seconds: 60", "timeout_seconds: 2")
    (project / "dvc.yaml").write_text(text.replace("retries: 2", "retries: 0"))

    with pytest.raises(StageFailedError, match="third: took longer than 2 s"):
        stages(project)


def test_a_second_flow_in_the_repository_is_told_so(project: Path) -> None:
    with hold(project), pytest.raises(UserError, match="another run holds") as caught:  # noqa: SIM117
        with hold(project):
            pass
    assert caught.value.exit_code == 5


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["chatloop clean: error: bad", "Traceback", "later"], "bad"),
        (["some", "ValueError: x", "  ", ""], "ValueError: x"),
        ([], ""),
    ],
)
def test_the_message_of_a_failure_is_the_stages_own(lines: list[str], message: str) -> None:
    assert last_error(lines) == message
