"""Stages as Prefect tasks, one after the other, each state named by what happened.

run_stages(root, read_dag(root))  →  {"ingest": "Cached", "clean": "Restored", "train": "Ran"}
"""

import logging
import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import httpx
from prefect import get_run_logger
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import FlowRunContext
from prefect.exceptions import Abort
from prefect.states import Cancelled, Completed
from prefect.tasks import Task

from chatloop.errors import BusyError, UserError
from flows.dag import Stage
from flows.processes import child, reproduce
from flows.repository import Repository

# A user's mistake, broken data, a held repository: the same again gives the same.
FINAL_EXIT_CODES = (2, 3, BusyError.exit_code)
SECONDS_BETWEEN_LOOKS = 2.0


class StageFailedError(UserError):
    """A stage's own last error message; `exit_code` is the stage's."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def run_stages(
    root: Path, stages: Sequence[Stage], before: Mapping[str, Callable[[], object]] | None = None
) -> dict[str, str]:
    """Bring every stage up to date, in the order given; call inside a flow.

    `before` holds a step to take before the stage of that name is looked at.

    Returns:
        Stage to "Ran", "Restored" (from DVC's run cache) or "Cached" (nothing to do).

    Raises:
        StageFailedError: a stage failed, and again as often as its policy says.
        BusyError: another process works in the repository.
    """
    repository = Repository(root)
    states: dict[str, State[Any]] = {}
    for stage in stages:
        if before and stage.name in before:
            before[stage.name]()
        waits = [states[name] for name in stage.upstream]
        state: State[Any] = _stage_task(stage)(
            repository, root, stage.name, return_state=True, wait_for=waits
        )
        if not state.is_completed():
            raise _failure(stage, state)
        states[stage.name] = state
    return {name: str(state.name) for name, state in states.items()}


def step(name: str, function: Callable[..., Any], *arguments: object) -> Any:
    """One step that is no stage, as a task; tried again where that may help."""
    return _task(function, name, retries=2, retry_delay_seconds=5)(*arguments)


def _task(function: Callable[..., Any], name: str, **policy: Any) -> Task[..., Any]:
    """A Prefect task that keeps nothing: what is cached, DVC caches."""
    return Task(
        function,
        name=name,
        task_run_name=name,
        retry_condition_fn=may_pass_next_time,
        cache_policy=NO_CACHE,
        persist_result=False,
        **policy,
    )


def _stage_task(stage: Stage) -> Task[..., Any]:
    return _task(
        _bring_up_to_date,
        stage.name,
        retries=stage.retries,
        retry_delay_seconds=stage.retry_delay_seconds,
        timeout_seconds=stage.timeout_seconds,
    )


def may_pass_next_time(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a second try may end differently."""
    return getattr(state.data, "exit_code", 1) not in FINAL_EXIT_CODES


def _bring_up_to_date(repository: Repository, root: Path, name: str) -> State[Any]:
    if not repository.changed(name):
        return Completed(name="Cached")
    return Completed(name=_reproduce(root, name))


def _reproduce(root: Path, name: str) -> str:
    """Run the stage in a child, its lines into the run's log; returns what happened."""
    logger = get_run_logger()
    heard: list[str] = []

    def listen(line: str) -> None:
        heard.append(line)
        del heard[:-100]
        if line and not line.startswith(reproduce.MARK):
            logger.info(line)

    with _while_wanted() as tick:
        code = child.run("flows.processes.reproduce", [name], root, on_line=listen, on_tick=tick)
    if code:
        raise StageFailedError(f"{name}: {last_error(heard) or f'ended with {code}'}", code)
    marked = [line for line in heard if line.startswith(reproduce.MARK)]
    return marked[-1].removeprefix(reproduce.MARK)


def last_error(lines: Sequence[str]) -> str:
    """The last `chatloop STAGE: error: …` without its head, else the last line with anything."""
    said = [line.strip() for line in lines if line.strip()]
    own = [match[1] for line in said if (match := re.match(r"chatloop \S+: error: (.+)", line))]
    return (own or said or [""])[-1]


def _failure(stage: Stage, state: State[Any]) -> Exception:
    """The exception of a failed state; a time limit says its own."""
    if state.name == "TimedOut":
        limit = f"{stage.timeout_seconds:g} s (meta.prefect.timeout_seconds)"
        return StageFailedError(f"{stage.name}: took longer than {limit}")
    error = state.result(raise_on_failure=False)
    return error if isinstance(error, Exception) else StageFailedError(f"{stage.name}: {state}")


@contextmanager
def _while_wanted() -> Iterator[Callable[[], None]]:
    """A tick that ends us once nobody wants the run any more.

    A run of a deployment is cancelled by the process that started it, and ends with it. A run that
    was started by hand has nobody but ourselves to notice that it was cancelled on the server.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.deployment_id:
        yield partial(_end_with, os.getppid())
        return
    run, cancelled, over = context.flow_run.id, Event(), Event()
    Thread(target=_watch_server, args=(run, cancelled, over), daemon=True).start()
    try:
        yield partial(_abort_if, cancelled, run)
    finally:
        over.set()


def _end_with(starter: int) -> None:
    """Killed as the process that started us was: the lifeline takes the stage along."""
    if os.getppid() != starter:
        os.kill(os.getpid(), signal.SIGKILL)


def _watch_server(run: UUID, cancelled: Event, over: Event) -> None:
    """In a thread: a server that is slow or away for a while must not hold up a training."""
    while not over.wait(SECONDS_BETWEEN_LOOKS):
        with suppress(httpx.HTTPError, RuntimeError), get_client(sync_client=True) as client:
            state = client.read_flow_run(run).state
            if state is not None and (state.is_cancelling() or state.is_cancelled()):
                cancelled.set()
                return


def _abort_if(cancelled: Event, run: UUID) -> None:
    if not cancelled.is_set():
        return
    state: State[Any] = Cancelled(message="Cancelled by a person.")
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run, state, force=True)
    abort = Abort("the run was cancelled")
    abort.state = state  # type: ignore[attr-defined]
    raise abort


def _is_news(record: logging.LogRecord) -> bool:
    """Prefect logs a failure twice, once with a traceback; a user's mistake needs it once."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, UserError)


for _name in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(_name).addFilter(_is_news)
