"""The flow on a schedule, served from this process: `chatloop schedule --cron "0 3 * * *"`.

Runs start in processes of their own, in the folder that `serve` was called in. The end of this
process (Ctrl-C, SIGTERM) ends them and the server that came with it.
"""

# ruff: noqa: PLC0415  (the server starts before Prefect is imported here)

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chatloop.errors import UserError
from chatloop.io.locks import locked
from chatloop.io.operating.journal import FOLDER
from chatloop.io.operating.notes import SCHEDULE, write_note
from chatloop.monitoring.clock import check_cron
from flows.processes.server import api

PORT = 4200
LOCK = FOLDER / "schedule.lock"


@dataclass(frozen=True)
class Clock:
    """When to retrain: by a cron line or an interval, by need (looked at so often), or both."""

    cron: str | None = None
    interval_seconds: int | None = None
    check_seconds: int | None = None

    def __str__(self) -> str:
        said = []
        if self.cron is not None:
            said.append(f"cron {self.cron} ({local_timezone()})")
        if self.interval_seconds is not None:
            said.append(f"every {self.interval_seconds} s")
        if self.check_seconds is not None:
            said.append(f"by need, looked at every {self.check_seconds} s")
        return " and ".join(said)


def serve(clock: Clock, name: str = "nightly", port: int = PORT) -> None:
    """Serve the flow as the deployment `retrain/NAME` until Ctrl-C, and `monitor/NAME` by need.

    The API is the one that Prefect is configured for; without one, a server on loopback at `port`:
    the one that answers there, else one of our own. Cron times are this machine's local time.

    Raises:
        UserError: a schedule that cannot be, or a port that is taken.
        BusyError: another scheduler serves this project.
    """
    clock = checked(clock)
    with locked(LOCK, "another scheduler serves this project", "end it first"), api(port) as url:
        where = url.removesuffix("/api")
        write_note(SCHEDULE, {**asdict(clock), "timezone": local_timezone(), "url": url})
        sys.stdout.write(
            f"retrain/{name} is scheduled: {clock}. See {where}; run it now: "
            f"prefect deployment run retrain/{name}. Ctrl-C ends it.\n"
        )
        sys.stdout.flush()
        serve_flows(_served(clock, name), name)


def checked(clock: Clock) -> Clock:
    """The clock, its cron line with single spaces.

    Raises:
        UserError: neither cron, interval nor need, cron and interval both, or one that cannot be.
    """
    if clock.cron is not None and clock.interval_seconds is not None:
        raise UserError("schedule: give a cron or an interval, not both")
    if clock == Clock():
        raise UserError('schedule: give --cron "0 3 * * *", --interval SECONDS or --by-need')
    for seconds in (clock.interval_seconds, clock.check_seconds):
        if seconds is not None and seconds < 1:
            raise UserError(f"schedule: an interval of {seconds} s; give at least one second")
    if clock.cron is None:
        return clock
    try:
        return replace(clock, cron=check_cron(clock.cron))
    except UserError as error:
        raise UserError(f"schedule: {error}") from error


@dataclass(frozen=True)
class Served:
    """A flow, the name of its deployment, when it runs, and with what."""

    flow: Any
    name: str
    schedule: Any
    parameters: Mapping[str, Any] = field(default_factory=dict)


def _served(clock: Clock, name: str) -> list[Served]:
    from prefect.schedules import Cron, Interval

    from flows.monitor import monitor
    from flows.retrain import retrain

    schedule, found = None, []
    if clock.cron is not None:
        schedule = _prefect(Cron, clock.cron, timezone=local_timezone())
    elif clock.interval_seconds is not None:
        schedule = Interval(clock.interval_seconds)
    found.append(Served(retrain, name, schedule))
    if clock.check_seconds is not None:
        found.append(Served(monitor, name, Interval(clock.check_seconds), {"act": "here"}))
    return found


def _prefect(kind: Any, line: str, **more: Any) -> Any:
    """Prefect's own schedule; of the few lines that only one of the two libraries takes, none."""
    try:
        return kind(line, **more)
    except ValueError as error:
        raise UserError(f"schedule: {line!r} is no cron that Prefect takes") from error


def serve_flows(served: Sequence[Served], name: str) -> None:
    """Run flows by Prefect's schedule until Ctrl-C or SIGTERM; they end their runs, too.

    Of each flow one run at a time: what comes due meanwhile is cancelled, not heaped up.
    """
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.runner import Runner
    from prefect.types.entrypoint import EntrypointType

    class Quiet(Runner):
        def handle_sigterm(self, *_: object, **__: object) -> None:
            signal.raise_signal(signal.SIGINT)

    runner = Quiet(name=name, limit=len(served))
    one = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    for each in served:
        runner.add_flow(
            each.flow,
            name=each.name,
            schedules=[each.schedule] if each.schedule else [],
            parameters=dict(each.parameters),
            concurrency_limit=one,
            paused=False,
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
    with suppress(KeyboardInterrupt):
        asyncio.run(_until_cancelled(runner))


async def _until_cancelled(runner: Any) -> None:
    """Left alone, the runner would wait for the end of its runs, hours maybe: they end first."""
    serving = asyncio.create_task(runner.start())
    try:
        await asyncio.shield(serving)
    finally:
        for process in multiprocessing.active_children():
            process.terminate()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


def local_timezone() -> str:
    """IANA name of this machine's time zone; UTC where it does not say."""
    place = str(Path("/etc/localtime").resolve())
    for name in (os.environ.get("TZ", "").lstrip(":"), place.partition("zoneinfo/")[2]):
        try:
            return ZoneInfo(name).key
        except (ValueError, ZoneInfoNotFoundError):
            continue
    return "UTC"
