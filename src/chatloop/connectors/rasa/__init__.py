"""Rasa 3: it asks us for texts (NLG) and actions, or we look like its REST channel.

endpoints.yml:  nlg: {url: "http://127.0.0.1:8000/rasa/nlg", token: …}
                action_endpoint: {url: "http://127.0.0.1:8000/rasa/webhook", token: …}
"""

from fastapi import APIRouter, Request
from pydantic import Field

from chatloop.connectors.callers import check
from chatloop.connectors.connector import Connector, Setting
from chatloop.connectors.rasa import actions, nlg, rest
from chatloop.connectors.request import refusing
from chatloop.params.data import Section

TOKEN = "CHATLOOP_RASA_TOKEN"  # noqa: S105 - a variable's name


class RasaOptions(Section):
    """`seconds` for an answer. Rasa holds a conversation's lock for 60 s: stay far below."""

    seconds: float = Field(default=20.0, gt=0.0, le=50.0)


def router(setting: Setting) -> APIRouter:
    """All three ways in, each behind the same token."""
    options = setting.options
    if not isinstance(options, RasaOptions):
        raise TypeError("rasa takes RasaOptions")
    token = setting.secrets.get(TOKEN)

    async def known(request: Request) -> None:
        await check(request, token=token)

    found = APIRouter(route_class=refusing(_refusal), include_in_schema=False)
    nlg.add(found, known, setting.seams, options.seconds)
    actions.add(found, known, setting.seams, options.seconds)
    rest.add(found, known, setting, options.seconds)
    return found


def _refusal(status: int, reason: str) -> object:
    """What rasa-sdk says, in the words of Rasa's own HTTP API besides."""
    return {"status": "failure", "code": status, "error": reason, "reason": reason}


CONNECTOR = Connector("rasa", RasaOptions, (TOKEN,), router)
