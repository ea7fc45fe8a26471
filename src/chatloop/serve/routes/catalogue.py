"""GET /v1/models: what can be asked for by name."""

from fastapi import APIRouter, Request

from chatloop.serve.model import NoModelError
from chatloop.serve.serving import serving_of
from chatloop.serve.wire.documents import ModelCard, ModelList, errors
from chatloop.serve.wire.errors import unknown_model

router = APIRouter(tags=["OpenAI"])
REFUSALS = errors(401, 421, 429, 500)


@router.get("/v1/models", responses=REFUSALS, summary="List the models")
async def models(request: Request) -> ModelList:
    """The names that `model` may have, the default first; none where none is loaded."""
    serving = serving_of(request)
    names = serving.models.names()
    return ModelList(data=[ModelCard(id=name, created=serving.started) for name in names])


@router.get(
    "/v1/models/{name:path}",
    responses={**REFUSALS, **errors(404)},
    summary="Say whether a model is here",
)
async def model(name: str, request: Request) -> ModelCard:
    """One model by any of its names."""
    serving = serving_of(request)
    names = serving.models.names()
    try:
        known = name in names or serving.models.named(name) is not None
    except NoModelError:
        known = False
    if not known:
        raise unknown_model(name, names)
    return ModelCard(id=name, created=serving.started)
