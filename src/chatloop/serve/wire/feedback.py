"""POST /v1/feedback: what somebody thinks of an answer.

{"completion_id": "chatcmpl-9f…", "rating": "down", "correction": "It left on Monday."}
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from chatloop.feedback.record import Rating
from chatloop.serve.wire.sampling import Short, Whole


class FeedbackRequest(Whole):
    """A thumb, a correction, or both, on one completion; a second one counts instead of the first.

    The same `idempotency_key` (or header Idempotency-Key) is one opinion, however often it is sent.
    """

    completion_id: Annotated[str, Field(min_length=1, max_length=128)]
    rating: Rating | None = None
    correction: Annotated[str, Field(min_length=1)] | None = None
    comment: Annotated[str, Field(min_length=1, max_length=8192)] | None = None
    tags: (
        Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=16)]
        | None
    ) = None
    idempotency_key: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    user: Short | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.rating is None and self.correction is None and self.comment is None:
            raise ValueError("rating: give a rating, a correction or a comment")
        return self


class FeedbackReceipt(BaseModel):
    """Kept: sent after it is on the disk."""

    id: str
    object: Literal["feedback"] = "feedback"
    completion_id: str
    created: int
    rating: Rating | None
    model: str
