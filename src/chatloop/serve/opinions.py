"""Opinions on their way to the store, from the API and from chat frameworks.

kept = await keep(serving, FeedbackRequest(completion_id="chatcmpl-9f…", rating="up"), caller, …)
"""

import secrets
import time

from chatloop.connectors.connector import RecordFeedback
from chatloop.feedback.record import Feedback, Rating
from chatloop.serve.serving import Serving
from chatloop.serve.store.statements import Kept, Opinion, OtherBodyError, UnknownExchangeError
from chatloop.serve.store.writing import StoreAwayError
from chatloop.serve.wire.errors import ApiError
from chatloop.serve.wire.feedback import FeedbackRequest

RETRY_SECONDS = 5


async def keep(
    serving: Serving,
    said: FeedbackRequest,
    caller: str,
    source: str,
    once: str | None,
    external_id: str | None = None,
) -> Kept:
    """Keep it; the texts are redacted before they are written.

    Raises:
        ApiError: 404, 409, or 503 where the store cannot keep anything now.
    """
    pepper = serving.store.pepper
    feedback = Feedback(
        id=f"fb-{secrets.token_hex(12)}",
        exchange_id=said.completion_id,
        rating=said.rating,
        correction=said.correction,
        comment=said.comment,
        tags=tuple(said.tags or ()),
        caller=caller,
        source=source,
        created=time.time(),
        idempotency_key=None if once is None else pepper.hash("idempotency", once),
    )
    body = pepper.hash("body", said.model_dump_json(exclude={"idempotency_key"}))
    try:
        kept = await serving.store.add(Opinion(feedback, body, external_id))
    except UnknownExchangeError:
        raise ApiError(
            404,
            "completion_id: no such completion of yours",
            param="completion_id",
            code="completion_not_found",
        ) from None
    except OtherBodyError:
        raise ApiError(
            409,
            "idempotency_key: was sent before with another opinion",
            param="idempotency_key",
            code="idempotency_key_reused",
        ) from None
    except StoreAwayError:
        raise ApiError(
            503,
            "Feedback cannot be kept just now: the store is full or away. Answers go on; send this "
            "again later, with the same Idempotency-Key",
            code="store_away",
            retry_after=RETRY_SECONDS,
        ) from None
    serving.metrics.feedback.labels(said.rating or "none", source).inc()
    return kept


def recording(serving: Serving) -> RecordFeedback:
    """What connectors call."""

    async def record_feedback(
        external_id: str,
        rating: Rating,
        caller: str,
        source: str,
        *,
        comment: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> bool:
        said = FeedbackRequest(
            completion_id="external",
            rating=rating,
            comment=comment or None,
            tags=list(tags) or None,
        )
        whose = serving.store.pepper.caller(f"connector:{source}", caller)
        try:
            await keep(serving, said, whose, source, None, external_id)
        except ApiError as error:
            if error.status_code == 404:  # noqa: PLR2004
                return False
            raise
        return True

    return record_feedback
