"""Rasa's action server with two actions: one answers, one keeps what the user thought of it.

{"next_action": "chatloop_reply", "sender_id": "u1", "tracker": {…}, "domain": {…}}
    →  {"events": [], "responses": [{"text": "It left us today.", "buttons": [], …}]}
"""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from chatloop.connectors.connector import Seams
from chatloop.connectors.rasa import tracker as trackers
from chatloop.connectors.rasa.nlg import LIMIT, Known, answer
from chatloop.connectors.ratings import rating
from chatloop.connectors.request import Refused, at, read, text

REPLY, FEEDBACK = "chatloop_reply", "chatloop_feedback"


def add(router: APIRouter, known: Known, seams: Seams, seconds: float) -> None:
    """POST /rasa/webhook, GET /rasa/actions and /rasa/health."""

    @router.get("/rasa/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/rasa/actions")
    async def actions(request: Request) -> list[dict[str, str]]:
        await known(request)
        return [{"name": REPLY}, {"name": FEEDBACK}]

    @router.post("/rasa/webhook")
    async def webhook(request: Request) -> JSONResponse:
        await known(request)
        body = await read(request, LIMIT)
        name = text(body, "next_action")
        if name not in (REPLY, FEEDBACK):
            return _error(404, f"no action {name!r} here; there are {REPLY} and {FEEDBACK}", name)
        try:
            return JSONResponse(await _run(name, body, seams, seconds))
        except Refused as no:
            return _error(no.status, no.reason, name)


async def _run(name: str, body: object, seams: Seams, seconds: float) -> object:
    tracker = at(body, "tracker")
    if name == REPLY:
        said = await answer(body, tracker, seams, seconds)
        return {"events": [], "responses": [_response(said)]}
    await _keep(tracker, seams)
    return {"events": [], "responses": []}


async def _keep(tracker: object, seams: Seams) -> None:
    found, given = trackers.answered_id(tracker), rating(trackers.rating(tracker))
    if given is None:
        raise Refused(400, "the entity or slot rating: up or down is needed")
    if found is None:
        raise Refused(400, "tracker.events: there is no answer yet that could be rated")
    sender = text(tracker, "sender_id") or "default"
    await seams.record_feedback(found, given, f"rasa:{sender}", "rasa")


def _response(said: str) -> dict[str, object]:
    """With the keys of rasa-sdk's own dispatcher."""
    nothing = dict.fromkeys(("template", "response", "image", "attachment"))
    return {"text": said, "buttons": [], "elements": [], "custom": {}, **nothing}


def _error(status: int, reason: str, name: str) -> JSONResponse:
    return JSONResponse({"error": reason, "action_name": name}, status)
