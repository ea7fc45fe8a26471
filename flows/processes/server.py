"""A Prefect API for as long as it is needed: the one that is configured, or our own on loopback.

    with api() as url:            for one run: on a free port
    with api(port=4200) as url:   to schedule: with the scheduler; a server that answers is used

Prefect can start a server by itself, but that one outlives a flow that is killed; ours is on a
lifeline. It takes five seconds, the imports of a flow three: they go side by side.
`python -m flows.processes.server HANDLE` is the child.
"""

# ruff: noqa: PLC0415  (the server starts before Prefect is imported here)

import os
import re
import socket
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO

from chatloop.errors import UnreachableError
from flows.processes import child

HOST = "127.0.0.1"
START_SECONDS = 120.0  # the first start of all makes the database: 16 s on two cores
CHECK_SECONDS = 5.0
SEND_SECONDS = 5.0
STDERR = 2
# For one run nothing needs to be scheduled, watched or repossessed, and SQLite has fewer writers.
IDLE_SERVICES = (
    "CANCELLATION_CLEANUP",
    "CLEANUP_RECONCILER",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "REPOSSESSOR",
    "SCHEDULER",
    "TRIGGERS",
)
ONE_RUN_ONLY = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in IDLE_SERVICES}


@contextmanager
def api(port: int | None = None) -> Iterator[str]:
    """The URL of an API that everything in the block, and its children, uses.

    Raises:
        UnreachableError: the configured API cannot be reached; the port is taken by something else;
            the server does not start.
    """
    running = port is not None and _answers(f"http://{HOST}:{port}/api", seconds=CHECK_SECONDS)
    with ExitStack() as ours, tempfile.TemporaryFile() as log:
        url = f"http://{HOST}:{port}/api"
        if not running and not os.environ.get("PREFECT_API_URL"):
            url = ours.enter_context(_server(port, log))
        import_module("flows.retrain")
        configured = _configured()  # in a profile or prefect.toml too, which only Prefect can read
        if configured:
            ours.close()
            _check(configured)
            yield configured
            return
        if not _answers(url, START_SECONDS):
            raise UnreachableError(f"Prefect's server does not start: {_last_error(log)}")
        with _configure(url):
            yield url


@contextmanager
def _server(port: int | None, log: IO[bytes]) -> Iterator[str]:
    """The URL of a server of our own that is still starting.

    What it says goes to `log` if it is for one run, and to stderr if it is there to stay.
    """
    # We listen before the child starts: the port is ours, and the first request waits for it.
    with _listen(port or 0) as listener:
        handle = listener.fileno()
        url = f"http://{HOST}:{listener.getsockname()[1]}/api"
        process = child.start(
            "flows.processes.server",
            [str(handle)],
            Path.cwd(),
            stdout=log if port is None else STDERR,
            env={"PREFECT_UI_API_URL": url, **(ONE_RUN_ONLY if port is None else {})},
            pass_fds=[handle],
        )
    try:
        yield url
    finally:
        child.end(process)


def _last_error(log: IO[bytes]) -> str:
    """The last `SomeError: why` in a log, of what may be hundreds of lines of traceback."""
    log.seek(0)
    said = re.findall(r"^\S*(?:Error|Exception): .+$", log.read().decode(errors="replace"), re.M)
    return str(said[-1]) if said else "it does not say why"


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise UnreachableError(
            f"port {port} of {HOST} is taken, and not by a Prefect server; choose another port"
        ) from error


def _answers(url: str, seconds: float) -> bool:
    """Whether a Prefect API answers; no proxy stands between us and loopback."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/health", timeout=seconds) as answer:
            return bool(answer.read().strip() == b"true")
    except (OSError, ValueError):
        return False


def _configured() -> str | None:
    from prefect.settings import get_current_settings

    return get_current_settings().api.url


def _check(url: str) -> None:
    """Any answer will do, "who are you" too: the client has the key."""
    try:
        urllib.request.urlopen(f"{url}/health", timeout=CHECK_SECONDS).close()  # noqa: S310
    except urllib.error.HTTPError:
        return
    except (OSError, ValueError) as error:
        raise UnreachableError(
            f"PREFECT_API_URL: {url} cannot be reached ({getattr(error, 'reason', error)});"
            " start that server, or unset it to run without one"
        ) from error


@contextmanager
def _configure(url: str) -> Iterator[None]:
    """PREFECT_API_URL for us, our threads and our children; loopback around any proxy."""
    from prefect.context import refresh_global_settings_context

    before = {name: os.environ.get(name) for name in ("PREFECT_API_URL", "NO_PROXY")}
    os.environ["PREFECT_API_URL"] = url
    os.environ["NO_PROXY"] = ",".join(filter(None, [before["NO_PROXY"], HOST]))
    refresh_global_settings_context()
    try:
        yield
    finally:
        _send_the_rest()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        refresh_global_settings_context()


def _send_the_rest() -> None:
    """Logs and task states that Prefect's threads still hold; at our exit the server is gone."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    EventsWorker.drain_all(timeout=SEND_SECONDS)
    APILogWorker.drain_all(timeout=SEND_SECONDS)


def main(handle: int) -> None:
    """In the child: serve on a socket that the parent listened on."""
    import uvicorn
    from prefect.server.api.server import create_app

    app = partial(create_app, final=True)
    config = uvicorn.Config(app, factory=True, log_level="error", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=handle)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
