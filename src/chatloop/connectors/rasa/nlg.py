"""Rasa's NLG server: Rasa decides that it speaks, we decide what it says.

{"response": "utter_greet", "tracker": {…}, "channel": {"name": "rest"}}
    →  {"text": "Hello!", "buttons": [], "image": null, "elements": [], "attachments": []}
"""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request

from chatloop.connectors.connector import Seams
from chatloop.connectors.in_time import in_time
from chatloop.connectors.rasa import tracker as trackers
from chatloop.connectors.request import KIB, at, read, text

# Rasa sends the whole tracker, which grows with the conversation.
LIMIT = 4096 * KIB
Known = Callable[[Request], Awaitable[None]]


def add(router: APIRouter, known: Known, seams: Seams, seconds: float) -> None:
    """POST /rasa/nlg."""

    @router.post("/rasa/nlg")
    async def generate(request: Request) -> dict[str, object]:
        await known(request)
        body = await read(request, LIMIT)
        said = await answer(body, at(body, "tracker"), seams, seconds)
        return {"text": said, "buttons": [], "image": None, "elements": [], "attachments": []}


async def answer(body: object, tracker: object, seams: Seams, seconds: float) -> str:
    """What to say to a tracker's last message."""
    sender = text(tracker, "sender_id") or text(body, "sender_id") or "default"
    messages, external_id = trackers.said(tracker), trackers.message_id(tracker)
    reply = await in_time(
        seams, f"rasa:{sender}", messages, seconds, source="rasa", external_id=external_id
    )
    return reply.text
