"""The conversation that a Rasa tracker holds.

{"sender_id": "u1", "events": [{"event": "user", "text": "Hi", "message_id": "7c…"},
                               {"event": "action", "name": "utter_greet"},
                               {"event": "bot", "text": "Hello!"}, …]}
"""

import re
from collections.abc import Iterable

from chatloop.connectors.request import Refused, at, listed, text
from chatloop.conversation import Message, Role

# What a button sends instead of words: an intent's name, with entities as JSON.
_PAYLOAD = re.compile(r"/\w[\w+-]*\s*(\{.*\})?", re.DOTALL)
_SPEAKERS: dict[str, Role] = {"user": "user", "bot": "assistant"}
_AFRESH = ("restart", "session_started")


def said(tracker: object) -> tuple[Message, ...]:
    """What user and bot said in this session, from the first to the last word of the user.

    Neighbours of one speaker become one turn; buttons' payloads are no words, unless it is the
    last one that is to be answered.

    Raises:
        Refused: the user has not said anything yet (400).
    """
    turns = _turns(listed(tracker, "events"))
    last = max((at for at, (role, _) in enumerate(turns) if role == "user"), default=None)
    if last is None:
        words = text(tracker, "latest_message", "text")
        turns, last = [("user", words)], 0
    *before, (_, question) = turns[: last + 1]
    if not question.strip():
        raise Refused(400, "tracker.events: the user has not said anything yet")
    spoken = [(role, words) for role, words in before if not _PAYLOAD.fullmatch(words)]
    return tuple(_alternating([*spoken, ("user", question)]))


def _turns(events: Iterable[object]) -> list[tuple[Role, str]]:
    turns: list[tuple[Role, str]] = []
    for event in events:
        name, words = text(event, "event"), text(event, "text")
        if name in _AFRESH:
            turns = []
        elif name == "rewind":
            turns = _without_last_user(turns)
        elif name in _SPEAKERS and words.strip():
            turns.append((_SPEAKERS[name], words))
    return turns


def _without_last_user(turns: list[tuple[Role, str]]) -> list[tuple[Role, str]]:
    users = [at for at, (role, _) in enumerate(turns) if role == "user"]
    return turns[: users[-1]] if users else []


def _alternating(turns: Iterable[tuple[Role, str]]) -> list[Message]:
    """Begins with the user: templates of many models refuse a bot that speaks first."""
    merged: list[Message] = []
    for role, words in turns:
        if merged and merged[-1].role == role:
            merged[-1] = Message(role, f"{merged[-1].content}\n{words}")
        elif merged or role == "user":
            merged.append(Message(role, words))
    return merged


def message_id(tracker: object) -> str | None:
    """Rasa's id of the message that is to be answered."""
    found = text(tracker, "latest_message", "message_id")
    users = [event for event in listed(tracker, "events") if text(event, "event") == "user"]
    return found or (text(users[-1], "message_id") if users else "") or None


def answered_id(tracker: object) -> str | None:
    """The id of the message that the bot answered last; that to be answered now is none of them."""
    events = listed(tracker, "events")
    names = [text(event, "event") for event in events]
    newest = max((at for at, name in enumerate(names) if name == "user"), default=0)
    bots = [at for at in range(newest) if names[at] == "bot" and text(events[at], "text")]
    users = [at for at in range(bots[-1] if bots else 0) if names[at] == "user"]
    return text(events[users[-1]], "message_id") or None if users else None


def rating(tracker: object) -> str:
    """The entity `rating` of the latest message, else the slot of that name."""
    entities = listed(tracker, "latest_message", "entities")
    named = [text(one, "value") for one in entities if text(one, "entity") == "rating"]
    return named[0] if named else text(at(tracker, "slots"), "rating")
