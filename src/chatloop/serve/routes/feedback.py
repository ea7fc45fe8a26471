"""POST /v1/feedback: a thumb, a correction, or both; acknowledged when it is on the disk."""

from typing import Annotated

from fastapi import APIRouter, Header, Request

from chatloop.serve.opinions import keep
from chatloop.serve.serving import key_of, note, serving_of
from chatloop.serve.wire.documents import errors
from chatloop.serve.wire.errors import invalid
from chatloop.serve.wire.feedback import FeedbackReceipt, FeedbackRequest

router = APIRouter(tags=["Feedback"])
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=256)
]


@router.post(
    "/v1/feedback",
    responses=errors(400, 401, 404, 408, 409, 413, 421, 429, 500, 503),
    summary="Say what you think of an answer",
)
async def feedback(
    body: FeedbackRequest, request: Request, idempotency_key: IdempotencyKey = None
) -> FeedbackReceipt:
    """Kept with the version that it is about; corrections become training data, without personal
    data. Of several opinions of one caller the last one counts."""
    serving = serving_of(request)
    most = serving.settings.limits.correction_chars
    if body.correction is not None and len(body.correction) > most:
        raise invalid("correction", f"more than {most:,} characters", "correction_too_long")
    once = idempotency_key or body.idempotency_key
    if body.idempotency_key not in (None, once):
        raise invalid("idempotency_key", "is not what the header Idempotency-Key says")
    caller = serving.store.pepper.caller(key_of(request), body.user)
    kept = await keep(serving, body, caller, "api", once)
    note(request, completion_id=body.completion_id, version=kept.version)
    return FeedbackReceipt(
        id=kept.feedback.id,
        completion_id=kept.feedback.exchange_id,
        created=int(kept.feedback.created),
        rating=kept.feedback.rating,
        model=f"{serving.default_name}@{kept.version}",
    )
