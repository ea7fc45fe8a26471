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
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chatloop.errors import UserError
from flows.processes.server import api

PORT = 4200
CRON_FIELDS = "minute hour day-of-month month day-of-week, such as `0 3 * * *` for every night at 3"


def serve(
    cron: str | None = None,
    interval_seconds: int | None = None,
    name: str = "nightly",
    port: int = PORT,
) -> None:
    """Serve the flow as the deployment `retrain/NAME` until Ctrl-C.

    The API is the one that Prefect is configured for; without one, a server on loopback at `port`:
    the one that answers there, else one of our own. Cron times are this machine's local time.

    Raises:
        UserError: a schedule that cannot be, or a port that is taken.
    """
    schedule = _schedule(cron, interval_seconds)
    with api(port) as url:
        when = f"cron {cron} ({local_timezone()})" if cron else f"every {interval_seconds} s"
        sys.stdout.write(
            f"retrain/{name} is scheduled: {when}. See {url.removesuffix('/api')}"
            f"; run it now: prefect deployment run retrain/{name}. Ctrl-C ends it.\n"
        )
        sys.stdout.flush()
        from flows.retrain import retrain

        serve_flow(retrain, name, schedule)


def serve_flow(flow: Any, name: str, schedule: Any) -> None:
    """Run a flow by Prefect's schedule until Ctrl-C or SIGTERM; they end its runs, too."""
    from prefect.runner import Runner
    from prefect.types.entrypoint import EntrypointType

    class Served(Runner):
        def handle_sigterm(self, *_: object, **__: object) -> None:
            signal.raise_signal(signal.SIGINT)

    runner = Served(name=name, limit=1)
    runner.add_flow(
        flow,
        name=name,
        schedules=[schedule],
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


def _schedule(cron: str | None, interval_seconds: int | None) -> Any:
    """Prefect's schedule.

    Raises:
        UserError: none or two are given, or what is given cannot be.
    """
    if (cron is None) == (interval_seconds is None):
        raise UserError(f"schedule: give a cron or an interval; a cron is {CRON_FIELDS}")
    if interval_seconds is not None and interval_seconds < 1:
        raise UserError(f"schedule: an interval of {interval_seconds} s; give at least one second")
    from prefect.schedules import Cron, Interval

    try:
        if cron is not None:
            return Cron(cron, timezone=local_timezone())
        return Interval(interval_seconds)  # type: ignore[arg-type]
    except ValueError as error:
        raise UserError(f"schedule: {cron!r} is no cron; one is {CRON_FIELDS}") from error


def local_timezone() -> str:
    """IANA name of this machine's time zone; UTC where it does not say."""
    place = str(Path("/etc/localtime").resolve())
    for name in (os.environ.get("TZ", "").lstrip(":"), place.partition("zoneinfo/")[2]):
        try:
            return ZoneInfo(name).key
        except (ValueError, ZoneInfoNotFoundError):
            continue
    return "UTC"
