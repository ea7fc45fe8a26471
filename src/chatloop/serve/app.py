"""The server's application: routes, and what stands around them.

app = create_app(models, Store(params.serve.store, params.clean), params.serve)
mount(app, connectors.routers(completing(app.state.serving), settings))
"""

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from chatloop import __version__
from chatloop.params.serving import ServeParams
from chatloop.serve.answering.prompting import Prompting
from chatloop.serve.guard.admission import Admission
from chatloop.serve.guard.gate import Gate
from chatloop.serve.guard.heads import Heads
from chatloop.serve.guard.keys import FILE, Keys
from chatloop.serve.guard.rates import Rates
from chatloop.serve.model import Models
from chatloop.serve.observe.metrics import Metrics
from chatloop.serve.observe.requests import Observed
from chatloop.serve.observe.traces import Traces
from chatloop.serve.routes import catalogue, chat, documentation, feedback, operating
from chatloop.serve.serving import Serving
from chatloop.serve.store.keeping import Store
from chatloop.serve.wire.errors import ApiError, http_error, not_served, validation_error

ROUTERS = (
    chat.router,
    catalogue.router,
    feedback.router,
    operating.router,
    documentation.router,
)


def create_app(
    models: Models, store: Store, settings: ServeParams, traces: Traces | None = None
) -> FastAPI:
    """The application; its parts are in `app.state.serving`. The store is opened when it starts."""
    limits = settings.limits
    metrics = Metrics()
    admission = Admission(settings.engine.max_streams, limits.waiting, limits.wait_seconds)
    serving = Serving(
        settings, models, store, metrics, admission, Prompting(), started=int(time.time())
    )
    _watch(serving)
    app = FastAPI(
        title="chatloop",
        version=__version__,
        description="OpenAI's API for the model that the registry calls champion, and feedback.",
        docs_url=None,  # ours is at /docs: these fetch scripts from somebody else's servers
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.serving = serving
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_middleware(
        Gate,
        settings=settings,
        keys=Keys(Path(settings.store.folder) / FILE),
        rates=Rates(limits.requests_per_minute, limits.at_once),
        admission=admission,
        open=set(),
    )
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["*"],  # OpenAI's client sends a dozen of its own; no cookie is ever read
            expose_headers=["x-request-id", "retry-after"],
        )
    app.add_middleware(Observed, metrics=metrics, traces=traces or Traces())
    app.add_middleware(Heads)
    mount(app, ROUTERS)
    return app


def mount(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Add routes: the API's, the page's, those of chat frameworks."""
    for router in routers:
        app.include_router(router)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    serving: Serving = app.state.serving
    serving.store.start()
    try:
        yield
    finally:
        await serving.store.close()
        serving.prompting.close()


def _watch(serving: Serving) -> None:
    metrics, admission = serving.metrics, serving.admission
    metrics.watch("waiting", "Requests that wait for a stream", lambda: admission.waiting)
    metrics.watch("in_flight", "Answers that are being computed", lambda: admission.in_flight)
    serving.store.on_loss = metrics.lost.inc


async def _on_http(request: Request, error: Any) -> JSONResponse:
    request.state.refusal = getattr(error, "code", None) or str(error.status_code)
    if error.status_code == HTTPStatus.NOT_FOUND and not isinstance(error, ApiError):
        return not_served(request.method, request.url.path)
    return http_error(error)


async def _on_validation(request: Request, error: Any) -> JSONResponse:
    request.state.refusal = "invalid_request"
    return validation_error(error, request.headers.get("content-type", ""))
