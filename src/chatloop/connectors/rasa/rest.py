"""Looks like Rasa's REST channel, so that widgets made for Rasa work without Rasa.

{"sender": "u1", "message": "Where is it?"}    →  [{"recipient_id": "u1", "text": "On its way."}]
{"sender": "u1", "metadata": {"rating": "up"}}  →  []      what u1 thinks of the last answer
"""

import json
import uuid

from cachetools import TTLCache
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from chatloop.connectors.connector import Seams, Setting
from chatloop.connectors.history import Histories
from chatloop.connectors.in_time import in_time
from chatloop.connectors.rasa.nlg import Known
from chatloop.connectors.ratings import rating
from chatloop.connectors.request import KIB, Json, Refused, at, needed, read, text

LIMIT = 64 * KIB
_AFRESH = ("/restart", "/session_start")


def add(router: APIRouter, known: Known, setting: Setting, seconds: float) -> None:
    """GET /webhooks/rest/ and POST /webhooks/rest/webhook, Rasa's own paths."""
    channel = _Channel(setting, seconds)

    @router.get("/webhooks/rest/")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.post("/webhooks/rest/webhook")
    async def webhook(request: Request) -> Response:
        await known(request)
        messages = await channel.receive(await read(request, LIMIT))
        if request.query_params.get("stream", "").lower() in ("true", "1", "yes"):
            lines = "".join(f"{json.dumps(message)}\n" for message in messages)
            return Response(lines, media_type="text/event-stream")
        return JSONResponse(messages)


class _Channel:
    """Conversations by sender, and the id of the last answer that each was given."""

    def __init__(self, setting: Setting, seconds: float) -> None:
        limits, now = setting.history, setting.seams.now
        self._seams: Seams = setting.seams
        self._seconds = seconds
        self._histories = Histories(limits, now)
        self._last: TTLCache[str, str] = TTLCache(limits.sessions, limits.minutes * 60, now)

    async def receive(self, body: Json) -> list[dict[str, str]]:
        """The answer in a list; none to a restart or a rating alone."""
        sender = _sender(body)
        thought = text(body, "metadata", "rating")
        if thought:
            await self._rate(sender, thought)
        if thought and not text(body, "message").strip():
            return []
        question = needed(body, "message")
        if question.strip() in _AFRESH:
            self._histories.forget(sender)
            return []
        return [{"recipient_id": sender, "text": await self._answer(sender, question)}]

    async def _answer(self, sender: str, question: str) -> str:
        messages, external_id = self._histories.asked(sender, question), uuid.uuid4().hex
        reply = await in_time(
            self._seams, f"rasa:{sender}", messages, self._seconds,
            source="rasa", external_id=external_id,
        )  # fmt: skip
        if not reply.fallback:
            self._histories.answered(sender, question, reply.text)
            self._last[sender] = external_id
        return reply.text

    async def _rate(self, sender: str, word: str) -> None:
        given, last = rating(word), self._last.get(sender)
        if given is None:
            raise Refused(400, "metadata.rating: up or down is needed")
        if last is None:
            raise Refused(400, "metadata.rating: there is no answer that could be rated")
        await self._seams.record_feedback(last, given, f"rasa:{sender}", "rasa")


def _sender(body: Json) -> str:
    """Whoever does not say who it is begins a conversation of its own, never one of others'."""
    given = at(body, "sender")
    return (str(given) if isinstance(given, int) else text(body, "sender")) or uuid.uuid4().hex
