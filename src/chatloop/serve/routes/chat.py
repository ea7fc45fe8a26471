"""POST /v1/chat/completions and /v1/completions, as OpenAI's clients send them."""

import hashlib
import secrets
import time
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from chatloop.serve.answering.delivering import Answer, Task
from chatloop.serve.answering.generating import Wish
from chatloop.serve.model import Model, Sampling
from chatloop.serve.serving import Serving, exchange, key_of, note, serving_of
from chatloop.serve.wire.chat import ChatRequest
from chatloop.serve.wire.completions import CompletionRequest
from chatloop.serve.wire.documents import ChatCompletion, TextCompletion, errors, streamed
from chatloop.serve.wire.errors import invalid
from chatloop.serve.wire.replies import ChatReply, Head, TextReply
from chatloop.serve.wire.sampling import SamplingFields, seeded

router = APIRouter(tags=["OpenAI"])
REFUSALS = errors(400, 401, 404, 408, 413, 421, 429, 500, 503)


@router.post(
    "/v1/chat/completions",
    responses={**REFUSALS, **streamed(ChatCompletion)},
    response_model=None,
    summary="Answer a conversation",
)
async def chat_completions(body: ChatRequest, request: Request) -> Response:
    """The assistant's next turn; with `stream` as events, a chunk each."""
    serving = serving_of(request)
    limits = serving.settings.limits
    if len(body.messages) > limits.messages:
        raise invalid("messages", f"more than {limits.messages:,}", "too_many_messages")
    field = "max_tokens" if body.max_completion_tokens is None else "max_completion_tokens"
    _check(serving, body, body.choices, body.wish, field)
    messages, key = body.conversation, key_of(request)
    who = body.user or body.session or messages[0].content
    model = serving.model(body.model, _share_key(key, who))
    sampling = _capped(serving, body.asked(model.defaults))
    prompt = await serving.prompting.chat(
        model, messages, sampling.max_tokens, truncate=body.truncation == "auto"
    )
    wishes = [
        (prompt.ids, replace(one, max_tokens=prompt.room)) for one in seeded(sampling, body.choices)
    ]
    head = _head("chatcmpl", serving, model, body, prompt.dropped, bool(body.logprobs))
    caller = serving.store.pepper.caller(key, body.user)
    begun = exchange(head.id, model, caller, body.source, messages)
    if body.session:
        begun = replace(begun, session=serving.store.pepper.hash("session", key, body.session))
    note(request, completion_id=head.id, version=model.version)
    asked, stream = bool(body.store), bool(body.stream)
    task = Task(model, wishes, ChatReply(head), begun, stream, asked, len(prompt.ids))
    return Answer(serving, request, task)


@router.post(
    "/v1/completions",
    responses={**REFUSALS, **streamed(TextCompletion)},
    response_model=None,
    summary="Continue bare text",
)
async def completions(body: CompletionRequest, request: Request) -> Response:
    """What follows a text, without a chat template; `n` continuations of each prompt in order."""
    serving = serving_of(request)
    _check(serving, body, body.choices * len(body.prompt), body.max_tokens, "max_tokens")
    key = key_of(request)
    model = serving.model(body.model, _share_key(key, body.user or body.prompt[0]))
    sampling = _capped(serving, body.asked(model.defaults))
    wishes: list[Wish] = []
    prompt_tokens = 0
    for text in body.prompt:
        prompt = await serving.prompting.text(model, text, sampling.max_tokens)
        prompt_tokens += len(prompt.ids)
        each = seeded(sampling, body.choices)
        wishes += [(prompt.ids, replace(one, max_tokens=prompt.room)) for one in each]
    head = _head("cmpl", serving, model, body, 0, body.logprobs is not None)
    caller = serving.store.pepper.caller(key, body.user)
    # What is no conversation is no training data either: no text of it is ever kept.
    begun = exchange(head.id, model, caller, "completions", None)
    note(request, completion_id=head.id, version=model.version)
    stream = bool(body.stream)
    task = Task(model, wishes, TextReply(head), begun, stream, False, prompt_tokens)
    return Answer(serving, request, task)


def _check(
    serving: Serving, body: SamplingFields, choices: int, max_tokens: int | None, field: str
) -> None:
    """What the server's own limits say.

    Raises:
        ApiError: 400, by the name of the field.
    """
    limits = serving.settings.limits
    if choices > limits.choices:
        raise invalid("n", f"more than {limits.choices} choices", "too_many_choices")
    if len(body.stops) > limits.stop:
        raise invalid("stop", f"more than {limits.stop} texts", "too_many_stops")
    if max_tokens is not None and max_tokens > limits.tokens:
        raise invalid(field, f"more than {limits.tokens:,} tokens", "too_many_tokens")


def _capped(serving: Serving, sampling: Sampling) -> Sampling:
    """A version's own default may be longer than the server allows."""
    return replace(sampling, max_tokens=min(sampling.max_tokens, serving.settings.limits.tokens))


def _share_key(key: str, who: str) -> str:
    """The same user, session or conversation meets the same version."""
    return hashlib.sha256(f"{key}\x00{who}".encode()).hexdigest()


def _head(
    kind: str, serving: Serving, model: Model, body: SamplingFields, dropped: int, logprobs: bool
) -> Head:
    return Head(
        id=f"{kind}-{secrets.token_hex(16)}",
        created=int(time.time()),
        model=serving.answers_as(model),
        fingerprint=model.fingerprint,
        dropped=dropped,
        logprobs=logprobs,
        counts=body.counts_tokens,
    )
