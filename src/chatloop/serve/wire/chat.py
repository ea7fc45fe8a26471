"""POST /v1/chat/completions: what may be asked.

{"model": "chatloop", "messages": [{"role": "user", "content": "Where is #48213?"}]}
"""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from chatloop.conversation import Message, Role
from chatloop.serve.model import Sampling
from chatloop.serve.wire.sampling import (
    LARGEST_ID,
    Nothing,
    SamplingFields,
    Truncation,
    Wire,
    nothing_but,
)

ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
PARTS = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
        "required": ["type", "text"],
        "additionalProperties": False,
    },
}


def _role(value: object) -> object:
    if value in ("tool", "function"):
        raise ValueError(f"unsupported: messages of role {value} are not supported")
    return value


def _text(value: object) -> object:
    """Parts of type text become one text, a line each."""
    if not isinstance(value, list):
        return value
    texts = []
    for at, part in enumerate(value):
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            raise ValueError(f"part {at} is not an object with a type")  # noqa: TRY004
        if part["type"] != "text":
            raise ValueError(f"unsupported: part {at}: only parts of type text are supported")
        if set(part) != {"type", "text"} or not isinstance(part["text"], str):
            raise ValueError(f"part {at} needs a text, and nothing else")
        texts.append(part["text"])
    if not texts:
        raise ValueError("has no parts")
    return "\n".join(texts)


Content = Annotated[
    str, BeforeValidator(_text), WithJsonSchema({"anyOf": [{"type": "string"}, PARTS]})
]


NoTool = Annotated[None, nothing_but("none"), WithJsonSchema({"enum": ["none", None]})]
TextFormat = Annotated[
    None, nothing_but({"type": "text"}), WithJsonSchema({"enum": [{"type": "text"}, None]})
]
TextModality = Annotated[None, nothing_but(["text"]), WithJsonSchema({"enum": [["text"], None]})]


class ChatMessage(Wire):
    """One turn. What an answer of ours carries besides comes back here and asks for nothing."""

    role: Annotated[Literal["system", "developer", "user", "assistant"], BeforeValidator(_role)]
    content: Content
    name: Nothing = None
    refusal: Nothing = None
    annotations: Nothing = None
    audio: Nothing = None
    function_call: Nothing = None
    tool_calls: Nothing = None
    tool_call_id: Nothing = None
    reasoning_content: Nothing = None


class ChatRequest(SamplingFields):
    """Messages and how to answer them; `truncation: auto` lets the oldest turns go."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    store: bool | None = None
    metadata: (
        Annotated[
            dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]],
            Field(max_length=16),
        ]
        | None
    ) = None
    truncation: Truncation | None = None
    tools: Nothing = None
    tool_choice: NoTool = None
    parallel_tool_calls: Nothing = None
    functions: Nothing = None
    function_call: NoTool = None
    response_format: TextFormat = None
    modalities: TextModality = None
    audio: Nothing = None
    moderation: Nothing = None
    prediction: Nothing = None
    prompt_cache_key: Nothing = None
    prompt_cache_retention: Nothing = None
    reasoning_effort: Nothing = None
    safety_identifier: Nothing = None
    verbosity: Nothing = None
    web_search_options: Nothing = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.top_logprobs is not None and not self.logprobs:
            raise ValueError("top_logprobs: only where logprobs is true")
        both = (self.max_tokens, self.max_completion_tokens)
        if None not in both and both[0] != both[1]:
            raise ValueError("max_completion_tokens: is not what max_tokens says; give one of them")
        return self

    @property
    def conversation(self) -> tuple[Message, ...]:
        """The turns as every room of ours knows them; a developer speaks as the system."""
        return tuple(Message(ROLES[one.role], one.content) for one in self.messages)

    @property
    def wish(self) -> int | None:
        """How long the answer may be, in tokens; None where it is not said."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def session(self) -> str | None:
        """What the caller says keeps exchanges together."""
        return (self.metadata or {}).get("session")

    @property
    def source(self) -> str:
        """Where it was asked: our own page says so, everybody else is the API."""
        return "page" if (self.metadata or {}).get("source") == "page" else "api"

    def asked(self, defaults: Sampling) -> Sampling:
        """The version's own settings with what is asked for instead."""
        top = (self.top_logprobs or 0) if self.logprobs else None
        return self.sampling(defaults, self.wish, top)
