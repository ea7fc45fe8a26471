"""Slack: answers mentions and direct messages, each in its thread; thumbs on answers are kept.

POST /slack/events  →  200 at once, and the answer as a message when it is there
"""

from fastapi import APIRouter, Request
from pydantic import Field

from chatloop.connectors.connector import Connector, Setting
from chatloop.connectors.request import KIB, Refused, needed, parsed, raw, refusing, text
from chatloop.connectors.slack.answering import Answering
from chatloop.connectors.slack.events import Question, Thumb, understood
from chatloop.connectors.slack.posting import Post, poster
from chatloop.connectors.slack.signature import check_signature
from chatloop.params.data import Section

SECRET = "CHATLOOP_SLACK_SIGNING_SECRET"  # noqa: S105 - a variable's name
BOT_TOKEN = "CHATLOOP_SLACK_BOT_TOKEN"  # noqa: S105
LIMIT = 1024 * KIB


class SlackOptions(Section):
    """`seconds` for an answer, which Slack does not wait for; `at_once` is how many are worked on,
    beyond which Slack is asked to come again."""

    seconds: float = Field(default=60.0, gt=0.0, le=600.0)
    at_once: int = Field(default=100, ge=1, le=10_000)


def router(setting: Setting) -> APIRouter:
    """POST /slack/events, with Slack's own client to post with."""
    return routed(setting, poster(setting.secrets[BOT_TOKEN]))


def routed(setting: Setting, post: Post) -> APIRouter:
    """POST /slack/events, with any way to post."""
    options, secret, now = setting.options, setting.secrets.get(SECRET), setting.seams.now
    if not isinstance(options, SlackOptions):
        raise TypeError("slack takes SlackOptions")
    answering = Answering(setting, options.seconds, options.at_once, post)
    found = APIRouter(route_class=refusing(_refusal), include_in_schema=False)

    @found.post("/slack/events")
    async def events(request: Request) -> dict[str, object]:
        body = await raw(request, LIMIT)
        if secret is not None:
            check_signature(secret, request.headers, body, now())
        event = parsed(body)
        kind = text(event, "type")
        if kind == "url_verification":
            return {"challenge": needed(event, "challenge")}
        if kind == "app_rate_limited":  # Slack's word that it held events back; it wants a 200
            return {"ok": True}
        if kind != "event_callback":
            raise Refused(400, "type: url_verification or event_callback is needed")
        todo = understood(event)
        if isinstance(todo, Question):
            answering.begin(todo)
        elif isinstance(todo, Thumb):
            await answering.rate(needed(event, "event_id"), todo)
        return {"ok": True}

    return found


def _refusal(status: int, reason: str) -> object:
    """An error as Slack's own API says it."""
    return {"ok": False, "error": reason}


CONNECTOR = Connector("slack", SlackOptions, (SECRET,), router, needs=(BOT_TOKEN,))
