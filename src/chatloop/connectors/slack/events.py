"""What an event of Slack's asks of us: an answer, to remember a thumb, or nothing.

{"event_id": "Ev1", "team_id": "T1", "event": {"type": "app_mention", "user": "U2",
 "channel": "C1", "ts": "17.01", "text": "<@U9> where is it?"}}
    →  Question("Ev1", "slack:T1:C1:17.01", "C1", "17.01", "17.01", "where is it?")
"""

import re
from dataclasses import dataclass

from chatloop.connectors.ratings import rating
from chatloop.connectors.request import Json, Refused, at, listed, needed, text
from chatloop.feedback.record import Rating

# Everything else that comes as a message is somebody's edit, a bot's word or a channel's news.
_SPOKEN = ("", "file_share", "thread_broadcast")
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_LONGEST = 40_000  # characters that Slack takes


@dataclass(frozen=True)
class Question:
    """Somebody's words to us; `thread` is where the answer goes, None for a bare direct message."""

    event_id: str
    session: str
    channel: str
    ts: str
    thread: str | None
    words: str


@dataclass(frozen=True)
class Thumb:
    """Somebody's thumb on a message, which may or may not be ours."""

    channel: str
    ts: str
    user: str
    rating: Rating


def understood(body: Json) -> Question | Thumb | None:
    """What to do about an event callback; None for all that is none of our business.

    Raises:
        Refused: it lacks what every event has (400).
    """
    if not isinstance(at(body, "event"), dict):
        raise Refused(400, "event: an object is needed")
    event_id, kind = needed(body, "event_id"), text(body, "event", "type")
    if kind == "reaction_added":
        return _thumb(body)
    direct = kind == "message" and text(body, "event", "channel_type") == "im"
    if not (direct or kind == "app_mention") or _from_a_bot(body):
        return None
    return _question(body, event_id, direct)


def _from_a_bot(body: Json) -> bool:
    event = at(body, "event")
    other = text(event, "subtype") not in _SPOKEN or not text(event, "user")
    by_bot = bool(text(event, "bot_id") or at(event, "bot_profile"))
    return other or by_bot or text(event, "user") in _own_names(body)


def _own_names(body: Json) -> list[str]:
    return [text(one, "user_id") for one in listed(body, "authorizations")]


def _question(body: Json, event_id: str, direct: bool) -> Question | None:
    event = at(body, "event")
    channel, ts = text(event, "channel"), text(event, "ts")
    words = _words(text(event, "text"), _own_names(body))
    if not (channel and ts and words):
        return None
    thread = text(event, "thread_ts") or (None if direct else ts)
    place = [text(body, "team_id"), channel, *([thread] if thread else [])]
    return Question(event_id, ":".join(["slack", *place]), channel, ts, thread, words)


def _words(said: str, own: list[str]) -> str:
    """Without the mention of us at the beginning, and without Slack's escapes."""
    named = "|".join(re.escape(name) for name in own if name) or r"\w+"
    said = re.sub(rf"^\s*<@(?:{named})(?:\|[^<>]*)?>[\s:,]*", "", said)
    for escape, character in _ESCAPES:
        said = said.replace(escape, character)
    return said.strip()


def _thumb(body: Json) -> Thumb | None:
    event = at(body, "event")
    given, user = rating(text(event, "reaction")), text(event, "user")
    channel, ts = text(event, "item", "channel"), text(event, "item", "ts")
    if given is None or not (user and channel and ts) or user in _own_names(body):
        return None
    return Thumb(channel, ts, f"slack:{text(body, 'team_id')}:{user}", given)


def escaped(said: str) -> str:
    """Text as Slack takes it: what a model writes can call nobody (`<!channel>`) and links to
    nothing that does not show."""
    for escape, character in reversed(_ESCAPES):
        said = said.replace(character, escape)
    return said[:_LONGEST]
