"""Probes and figures: /healthz, /readyz, /metrics."""

from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from chatloop.serve.model import NoModelError
from chatloop.serve.serving import serving_of
from chatloop.serve.wire.documents import errors

router = APIRouter(tags=["Operation"])
Why = dict[str, Any]


@router.get("/healthz", responses=errors(421, 500), summary="Is the process alive?")
async def healthz() -> dict[str, str]:
    """Yes, or nobody answers."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    responses={**errors(421, 500), 503: {"model": Why, "description": "Not yet, and why"}},
    summary="Can it answer?",
)
async def readyz(request: Request) -> Response:
    """200 with the version that answers; 503 with the reason where there is none."""
    serving = serving_of(request)
    store = "ok" if serving.store.away is None else f"away ({serving.store.away})"
    try:
        model = serving.models.choose("readyz")
    except NoModelError as error:
        return JSONResponse({"status": "no model", "reason": str(error), "store": store}, 503)
    name = serving.answers_as(model)
    return JSONResponse({"status": "ok", "model": name, "store": store})


@router.get(
    "/metrics",
    responses={**errors(401, 421, 500), 200: {"content": {"text/plain": {}}}},
    response_class=Response,
    summary="Figures for Prometheus",
)
async def metrics(request: Request) -> Response:
    """Text of Prometheus."""
    return Response(serving_of(request).metrics.page(), media_type=CONTENT_TYPE_LATEST)
