"""Dialogflow ES: a fulfillment webhook, v2, with answers that take longer than its five seconds.

{"responseId": "r1…", "session": "…/s1", "queryResult": {"queryText": "Where is it?", …}}
    →  {"followupEventInput": {"name": "chatloop_wait", "languageCode": "en", …}}   not there yet
    →  {"fulfillmentText": "On its way.", "fulfillmentMessages": [{"text": {"text": […]}}]}
"""

from cachetools import LRUCache
from fastapi import APIRouter, Request
from pydantic import Field

from chatloop.connectors.connector import Connector, Setting
from chatloop.connectors.dialogflow import ACCOUNT, LIMIT, SECRETS, fit, known, refusal
from chatloop.connectors.dialogflow.feedback import add_feedback
from chatloop.connectors.dialogflow.waiting import Pending, Waiting
from chatloop.connectors.history import Histories
from chatloop.connectors.in_time import in_time, sorry
from chatloop.connectors.request import Json, listed, needed, read, refusing, text
from chatloop.params.data import Section

NAME = "dialogflow_es"
STILL_AT_IT = "That takes me longer than I may. Please ask again in a moment."


class EsOptions(Section):
    """`seconds` for each request, below ES's own 5. The event that asks again, at most `hops`
    times; without an event an answer has the seconds of one request."""

    seconds: float = Field(default=4.0, gt=0.0, le=4.8)
    event: str | None = Field(default="chatloop_wait", pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,99}$")
    hops: int = Field(default=3, ge=0, le=3)


def router(setting: Setting) -> APIRouter:
    """POST /dialogflow/es, and its feedback."""
    options = setting.options
    if not isinstance(options, EsOptions):
        raise TypeError("dialogflow_es takes EsOptions")
    check, agent = known(setting.secrets), _Agent(setting, options)
    found = APIRouter(route_class=refusing(refusal), include_in_schema=False)

    @found.post("/dialogflow/es")
    async def webhook(request: Request) -> dict[str, object]:
        await check(request)
        return await agent.answer(await read(request, LIMIT))

    add_feedback(found, "/dialogflow/es/feedback", NAME, check, setting.seams, agent.first_id)
    return found


class _Agent:
    """Sessions, what they wait for, and the first id of an answer that was asked for several
    times."""

    def __init__(self, setting: Setting, options: EsOptions) -> None:
        limits, self._seams = setting.history, setting.seams
        self._event = options.event
        hops = options.hops if options.event else 0
        self._histories = Histories(limits, setting.seams.now)
        self._waiting = Waiting(options.seconds, hops, limits.sessions, setting.seams.now)
        self._first_ids: LRUCache[str, str] = LRUCache(limits.sessions)

    async def answer(self, body: Json) -> dict[str, object]:
        """Text, or the event that asks again."""
        session, response_id = needed(body, "session"), text(body, "responseId") or None
        asks_again = self._asks_again(body)
        if asks_again:
            pending = await self._waiting.again(session)
        else:
            pending = await self._first(session, needed(body, "queryResult", "queryText"), body)
        if pending is None:
            return _said(sorry(self._seams, NAME, "lost").text)
        if pending.reply is None and pending.hops and not pending.task.cancelled():
            return self._ask_again(body, pending.hops)
        return _said(self._hand_over(session, pending, response_id))

    async def _first(self, session: str, question: str, body: Json) -> Pending:
        messages = self._histories.asked(session, question)
        external_id = text(body, "responseId") or None
        ask = in_time(
            self._seams, session, messages, self._waiting.deadline,
            source=NAME, external_id=external_id,
        )  # fmt: skip
        return await self._waiting.first(session, question, external_id, ask)

    def _hand_over(self, session: str, pending: Pending, response_id: str | None) -> str:
        reply = pending.reply
        if reply is None:
            self._seams.count_fallback(NAME, "slow")
            return STILL_AT_IT
        if not reply.fallback:
            self._histories.answered(session, pending.question, reply.text)
        if response_id and pending.external_id and response_id != pending.external_id:
            self._first_ids[response_id] = pending.external_id
        return reply.text

    def first_id(self, response_id: str) -> str:
        """The id that the exchange is kept under, whichever of its requests is named."""
        return str(self._first_ids.get(response_id, response_id))

    def _asks_again(self, body: Json) -> bool:
        """An event comes as the query's text; some send none and name its context alone."""
        if self._event is None:
            return False
        event, query = self._event.casefold(), text(body, "queryResult", "queryText").strip()
        contexts = listed(body, "queryResult", "outputContexts")
        named = any(text(one, "name").casefold().endswith(f"/{event}") for one in contexts)
        return query.casefold() == event or (not query and named)

    def _ask_again(self, body: Json, left: int) -> dict[str, object]:
        language = text(body, "queryResult", "languageCode") or "en"
        parameters = {"left": left}
        event = {"name": self._event, "languageCode": language, "parameters": parameters}
        return {"followupEventInput": event}


def _said(words: str) -> dict[str, object]:
    kept = fit(words)
    return {"fulfillmentText": kept, "fulfillmentMessages": [{"text": {"text": [kept]}}]}


CONNECTOR = Connector(NAME, EsOptions, SECRETS, router, reads=(ACCOUNT,))
