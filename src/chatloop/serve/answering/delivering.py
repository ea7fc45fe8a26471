"""An answer on its way to a client: admitted, computed, sent whole or as events, recorded.

data: {"id": "chatcmpl-9f…", "object": "chat.completion.chunk", "choices": [{"delta": …}]}

A client that leaves, or reads nothing, ends it at once: its streams are closed, its place is free.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from fastapi import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from chatloop.errors import UserError
from chatloop.feedback.record import Exchange
from chatloop.serve.answering.generating import GoneError, Wish, generate, while_connected
from chatloop.serve.model import Model, NoModelError, Piece
from chatloop.serve.observe.logs import log
from chatloop.serve.serving import Serving, Timing, note
from chatloop.serve.wire.errors import ApiError
from chatloop.serve.wire.replies import Collected, Reply, usage

EVENTS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Task:
    """What is to be answered, and what is known of it before."""

    model: Model
    wishes: Sequence[Wish]
    reply: Reply
    exchange: Exchange
    stream: bool
    keep_text: bool
    prompt_tokens: int  # of each prompt once


@dataclass
class _Progress:
    choices: list[Collected]
    timing: Timing = field(default_factory=Timing)
    sent: bool = False

    @property
    def tokens(self) -> int:
        return sum(choice.count for choice in self.choices)


class Answer(Response):
    """A response that computes while it is sent."""

    def __init__(self, serving: Serving, request: Request, task: Task) -> None:
        self.status_code, self.background = 200, None
        self._serving, self._request, self._task = serving, request, task
        self._progress = _Progress([Collected() for _ in task.wishes])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, unless the client leaves before."""
        finish = "error"
        try:
            await while_connected(receive, self._answer(scope, receive, send))
        except (GoneError, TimeoutError, OSError):
            finish = "gone"
            self._serving.metrics.disconnects.inc()
        except asyncio.CancelledError:
            finish = "gone"
            raise
        except Exception as error:
            refusal = _refusal(error)
            if refusal is None or not self._progress.sent:
                raise refusal or error from None
            await send(_event(refusal.body))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if self._progress.tokens and self._progress.timing.ended is None:
                self._record(finish)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._serving.admission.slots(len(self._task.wishes)):
            if self._task.stream:
                await self._events(send)
                return
            async with aclosing(generate(self._task.model, self._task.wishes)) as pieces:
                async for at, piece in pieces:
                    self._take(at, piece)
        self._record(self._progress.choices[0].finish or "stop")
        body = self._task.reply.whole(self._progress.choices, self._counts())
        await JSONResponse(body)(scope, receive, send)

    async def _events(self, send: Send) -> None:
        """The head goes with the first token, so that what fails before has a status of its own."""
        reply, seconds = self._task.reply, self._serving.settings.limits.send_seconds
        last: list[dict[str, object]] = []
        try:
            async with aclosing(generate(self._task.model, self._task.wishes)) as pieces:
                async for at, piece in pieces:
                    chunks = self._chunks(at, piece)
                    if self._complete:
                        last = chunks  # goes with the end
                        break
                    async with asyncio.timeout(seconds):
                        await self._begin(send)
                        if chunks:
                            await send(_body(b"".join(map(_data, chunks))))
        except (ApiError, UserError, NoModelError, TimeoutError, OSError):
            raise
        except Exception as error:
            if not self._progress.sent:
                raise
            log("error", logging.ERROR, error, request_id=self._request.state.request_id)
            raise ApiError(500, "The model broke off", code="internal_error") from None
        # Whoever has the end of an answer can rate it: it is on its way to the store before.
        self._record(self._progress.choices[0].finish or "stop")
        tail = [
            *map(_data, last),
            *([_data(reply.counted(self._counts()))] if reply.head.counts else []),
        ]
        async with asyncio.timeout(seconds):
            await self._begin(send)
            await send({**_body(b"".join([*tail, DONE])), "more_body": False})

    async def _begin(self, send: Send) -> None:
        if self._progress.sent:
            return
        self._progress.sent = True
        await send({"type": "http.response.start", "status": 200, "headers": list(EVENTS)})
        openings = [self._task.reply.opening(at) for at in range(len(self._task.wishes))]
        await send(_body(b"".join(_data(one) for one in openings if one is not None)))

    def _take(self, at: int, piece: Piece) -> None:
        if piece.tokens and self._progress.timing.first is None:
            self._progress.timing.token()
        keep_tokens = self._task.reply.head.logprobs and not self._task.stream
        self._progress.choices[at].add(piece, keep_tokens)

    def _chunks(self, at: int, piece: Piece) -> list[dict[str, object]]:
        """What a piece is on the wire: words, then the end; nothing where it shows nothing."""
        self._take(at, piece)
        reply = self._task.reply
        shown = piece.text or (piece.tokens and reply.head.logprobs)
        chunks = [reply.chunk(at, replace(piece, finish=None), None)] if shown else []
        if piece.finish:
            chunks.append(reply.chunk(at, Piece("", (), None), piece.finish))
        return chunks

    @property
    def _complete(self) -> bool:
        return all(choice.finish for choice in self._progress.choices)

    def _counts(self) -> dict[str, int]:
        return usage(self._task.prompt_tokens, self._progress.tokens)

    def _record(self, finish: str) -> None:
        """Ids, version and timings of every answer; of one that nobody waited for no text."""
        progress, task = self._progress, self._task
        seconds, whole = progress.timing.end(), finish in ("stop", "length")
        done = replace(
            task.exchange,
            prompt_tokens=task.prompt_tokens,
            completion_tokens=progress.tokens,
            seconds=seconds,
            finish=finish,
            messages=task.exchange.messages if whole else None,
            answer=progress.choices[0].text if whole else None,
        )
        self._serving.record(done, task.keep_text, progress.timing)
        first = progress.timing.first
        note(
            self._request,
            completion_id=done.id,
            version=done.version,
            finish=finish,
            prompt_tokens=done.prompt_tokens,
            completion_tokens=done.completion_tokens,
            first_token_seconds=first and round(first - progress.timing.began, 4),
            dropped_messages=task.reply.head.dropped or None,
        )


def _refusal(error: Exception) -> ApiError | None:
    """What an engine says no to, as the API says it; None for what should not have happened."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, UserError):
        return ApiError(400, str(error), code="invalid_value")
    if isinstance(error, NoModelError):
        return ApiError(503, str(error), code="no_model", retry_after=30)
    return None


def _data(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return b"data: " + text.encode("utf-8", "replace") + b"\n\n"


def _body(data: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": data, "more_body": True}


def _event(body: dict[str, object]) -> dict[str, object]:
    return _body(_data(body))
