"""Dialogflow CX: a webhook of a flow or page, v3.

{"detectIntentResponseId": "d1…", "text": "Where is it?", "sessionInfo": {"session": "…/s1"}}
    →  {"fulfillmentResponse": {"messages": [{"text": {"text": ["On its way."]}}], …}, …}
"""

from fastapi import APIRouter, Request
from pydantic import Field

from chatloop.connectors.connector import Connector, Setting
from chatloop.connectors.dialogflow import ACCOUNT, LIMIT, SECRETS, fit, known, refusal
from chatloop.connectors.dialogflow.feedback import add_feedback
from chatloop.connectors.history import Histories
from chatloop.connectors.in_time import in_time
from chatloop.connectors.request import Json, Refused, at, needed, read, refusing, text
from chatloop.params.data import Section

NAME = "dialogflow_cx"
_WORDS = ("text", "transcript", "dtmfDigits")
_WORDLESS = ("triggerIntent", "triggerEvent")


class CxOptions(Section):
    """`seconds` for an answer, a second below the webhook's own timeout (5 s, 30 s at most)."""

    seconds: float = Field(default=4.0, gt=0.0, le=29.0)


def router(setting: Setting) -> APIRouter:
    """POST /dialogflow/cx, and its feedback."""
    options, seams = setting.options, setting.seams
    if not isinstance(options, CxOptions):
        raise TypeError("dialogflow_cx takes CxOptions")
    check, histories = known(setting.secrets), Histories(setting.history, seams.now)
    found = APIRouter(route_class=refusing(refusal), include_in_schema=False)

    @found.post("/dialogflow/cx")
    async def webhook(request: Request) -> dict[str, object]:
        await check(request)
        body = await read(request, LIMIT)
        session, question = needed(body, "sessionInfo", "session"), _question(body)
        if question is None:
            return {"fulfillmentResponse": {"messages": []}}
        messages = histories.asked(session, question)
        external_id = text(body, "detectIntentResponseId") or None
        reply = await in_time(
            seams, session, messages, options.seconds, source=NAME, external_id=external_id
        )
        if not reply.fallback:
            histories.answered(session, question, reply.text)
        return _response(reply.text, reply.fallback)

    add_feedback(found, "/dialogflow/cx/feedback", NAME, check, seams)
    return found


def _question(body: Json) -> str | None:
    """What the user said or pressed; None where an intent or an event came without words.

    Raises:
        Refused: it is neither (400).
    """
    for name in _WORDS:
        if (words := text(body, name)).strip():
            return words
    if any(at(body, name) for name in _WORDLESS):
        return None
    raise Refused(400, f"{', '.join(_WORDS)}: a text is needed in one of them")


def _response(said: str, fallback: bool) -> dict[str, object]:
    """The session parameter lets a route of the agent's go elsewhere after a fallback."""
    messages = [{"text": {"text": [fit(said)]}}]
    return {
        "fulfillmentResponse": {"messages": messages, "mergeBehavior": "APPEND"},
        "sessionInfo": {"parameters": {"chatloop_fallback": fallback}},
    }


CONNECTOR = Connector(NAME, CxOptions, SECRETS, router, reads=(ACCOUNT,))
