"""Amazon's Topical-Chat in the publisher's own layout: conversations of two people by their id.

{"t_d004c097": {"article_url": "…", "config": "C", "content": [
    {"agent": "agent_1", "message": "Are you a fan of Google?", "sentiment": "Curious"},
    {"agent": "agent_2", "message": "I am, I use it daily.", "sentiment": "Happy"}]}}

Neither of the two is an assistant: `speakers: {agent_1: user, agent_2: assistant}` says who is.
"""

from collections.abc import Mapping
from itertools import islice

from chatloop.conversation import Message, Reject
from chatloop.formats.format import Parsed
from chatloop.formats.turns import finished, message, not_an_object, whole
from chatloop.params.sources import Source

OPTIONS = frozenset({"speakers"})


def fits(record: object) -> bool:
    """Whether it is a conversation, or an object of such by their id."""
    if not isinstance(record, dict):
        return False
    return _is_one(record) or any(_is_one(value) for value in islice(record.values(), 3))


def _is_one(value: object) -> bool:
    turns = value.get("content") if isinstance(value, dict) else None
    first = turns[0] if isinstance(turns, list) and turns else None
    return isinstance(first, dict) and {"agent", "message"} <= first.keys()


def unpack(document: object, lookup: Mapping[str, str]) -> list[object]:
    """Every conversation under its id."""
    del lookup
    if not isinstance(document, dict) or not document or _named(document):
        return [document]
    return [
        {"conversation_id": name, **value}
        if isinstance(value, dict)
        else {"conversation_id": name, "content": value}
        for name, value in document.items()
    ]


def _named(document: dict[object, object]) -> bool:
    return isinstance(document.get("content"), list)


def parse(record: object, source: Source) -> list[Parsed]:
    """A conversation of two people, whom params make user and assistant."""
    if not isinstance(record, dict):
        return [*not_an_object(record)]
    turns = record.get("content")
    if not isinstance(turns, list) or not turns:
        return [Reject("no_messages", "`content` is missing, empty or no list")]
    messages = whole(_message(turn, at, source) for at, turn in enumerate(turns))
    return [*finished(record.get("conversation_id"), messages)]


def _message(turn: object, at: int, source: Source) -> Message | Reject:
    if not isinstance(turn, dict):
        return Reject("bad_message", f"turn {at} is no object")
    if not isinstance(turn.get("message"), str):
        return Reject("not_text", f"turn {at}: message is no text")
    return message(turn.get("agent"), turn["message"], {}, source, at)
