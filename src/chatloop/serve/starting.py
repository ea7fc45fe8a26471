"""From params to a server that listens, and down again without a lost answer.

serve(params)     until Ctrl-C or SIGTERM: requests in flight end first, within shutdown_seconds
"""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from fastapi import APIRouter, FastAPI

from chatloop.connectors import Seams, routers
from chatloop.errors import UserError
from chatloop.params import Params
from chatloop.params.serving import ServeParams
from chatloop.serve import page
from chatloop.serve.answering.completing import completing
from chatloop.serve.app import create_app, mount
from chatloop.serve.guard.connection import patient
from chatloop.serve.guard.keys import FILE, Keys
from chatloop.serve.model import Models
from chatloop.serve.observe.logs import log, log_to_stderr
from chatloop.serve.observe.traces import traces
from chatloop.serve.opinions import recording
from chatloop.serve.serving import Serving
from chatloop.serve.store.keeping import Store

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 30


def serve(params: Params) -> None:
    """Answer until somebody says stop.

    Raises:
        UserError: the address is taken, or a setting is wrong.
    """
    log_to_stderr()
    settings = params.serve
    store = Store(settings.store, params.clean)
    listening = listen(settings.host, settings.port)
    if settings.asks_for_keys and not Keys(Path(settings.store.folder) / FILE).all():
        log("no API key yet: `chatloop keys add NAME` makes one", 30)
    with _stoppable() as ending, listening:
        asyncio.run(_serve(params, store, listening, ending))


@asynccontextmanager
async def open_models(params: Params) -> AsyncIterator[Models]:
    """The models that the registry names, followed as it changes; the one place that loads any."""
    from chatloop.serve.loading import models_of  # torch comes with it

    name, pinned = params.champion.name, params.serve.model
    models = models_of(name, pinned and pinned.removeprefix(f"{name}@"), params.serve.engine)
    models.follow()
    try:
        yield models
    finally:
        await asyncio.to_thread(models.close)


async def _serve(params: Params, store: Store, listening: socket.socket, ending: "_Ending") -> None:
    settings = params.serve
    async with open_models(params) as models:
        app = create_app(models, store, settings, traces())
        mount(app, (page.router(), *_connectors(app, settings)))
        config = uvicorn.Config(
            app,
            http=patient(settings.limits.body_seconds),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(round(settings.shutdown_seconds), 1),
        )
        host, port = listening.getsockname()[:2]
        log("listening", url=f"http://{f'[{host}]' if ':' in host else host}:{port}")
        ending.serving = True
        await uvicorn.Server(config).serve(sockets=[listening])
    log("stopped")


def _connectors(app: FastAPI, settings: ServeParams) -> list[APIRouter]:
    """Routers of the chat frameworks that params name; their secrets are in the environment.

    Raises:
        UserError: a framework or an option is not known, or a secret is not set.
    """
    serving: Serving = app.state.serving

    def count_fallback(source: str, reason: str) -> None:
        serving.metrics.fallbacks.labels(source, reason).inc()

    seams = Seams(completing(serving), recording(serving), count_fallback)
    return routers(settings.connectors, seams, os.environ, loopback=settings.loopback)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 is any free one.

    Raises:
        UserError: it is taken, or no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        raise UserError(
            f"serve: {host}:{port} cannot be listened on ({error}); choose another with --port"
        ) from error


class _Ending:
    """Signals before the server is up end the process. Once it serves, uvicorn takes them, ends
    well, and raises them again for whoever had them before: that has no more to do."""

    def __init__(self) -> None:
        self.serving = False

    def __call__(self, number: int, _frame: object) -> None:
        if not self.serving:
            raise SystemExit(128 + number)


@contextmanager
def _stoppable() -> Iterator[_Ending]:
    ending = _Ending()
    before = {number: signal.signal(number, ending) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
