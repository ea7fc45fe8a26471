"""What the OpenAPI document says of the answers; they are written by replies.py."""

from typing import Any, Literal

from pydantic import BaseModel

from chatloop.serve.wire.errors import ErrorBody

WHY = {
    400: "A field is wrong, not supported, or the conversation is too long",
    401: "No API key, or a wrong one",
    404: "No such model or completion",
    408: "The body took too long to arrive",
    409: "The idempotency key was used for something else",
    413: "The body is too large",
    421: "The Host header names another server",
    429: "Too many requests; Retry-After says when to come back",
    500: "Something broke that should not have",
    503: "No model, or no store; the message says what to do",
}


class Usage(BaseModel):
    """Counts of tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AnswerMessage(BaseModel):
    """What the assistant says."""

    role: Literal["assistant"]
    content: str
    refusal: None


class ChatChoice(BaseModel):
    """One answer."""

    index: int
    message: AnswerMessage
    logprobs: dict[str, Any] | None
    finish_reason: Literal["stop", "length", "content_filter"]


class ChatCompletion(BaseModel):
    """The answer; `dropped_messages` where the oldest were left out to make room."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChoice]
    usage: Usage
    dropped_messages: int | None = None


class TextChoice(BaseModel):
    """One continuation."""

    index: int
    text: str
    logprobs: dict[str, Any] | None
    finish_reason: Literal["stop", "length", "content_filter"]


class TextCompletion(BaseModel):
    """The continuations."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[TextChoice]
    usage: Usage


class ModelCard(BaseModel):
    """A model that can be asked for by this id."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["chatloop"] = "chatloop"


class ModelList(BaseModel):
    """The default first."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, for its OpenAPI entry."""
    return {status: {"model": ErrorBody, "description": WHY[status]} for status in statuses}


def streamed(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """An answer that is JSON, or a stream of events where `stream` is true."""
    # Before OpenAPI 3.2 the schema of a stream is that of each event in it.
    event = {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}}
    events = {"text/event-stream": {"schema": event}}
    return {200: {"model": model, "description": "The answer", "content": events}}
