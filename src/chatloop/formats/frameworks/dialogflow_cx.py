"""Dialogflow CX: test cases, conversations of the v3 API, and interaction logs from BigQuery.

{"displayName": "greeting", "tags": ["#smoke"], "testCaseConversationTurns": [
    {"userInput": {"input": {"text": {"text": "Hi"}, "languageCode": "en"}},
     "virtualAgentOutput": {"textResponses": [{"text": ["Hello! How can I help?"]}]}}]}
{"name": "projects/p/…/conversations/c-1", "interactions": [
    {"requestUtterances": "Hi", "responseUtterances": "Hello!",
     "createTime": "2026-01-05T10:00:00Z"}]}
{"conversation_name": "…/sessions/s-1", "turn_position": 1, "request": {…}, "response": {…}}
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from chatloop.conversation import Message, Reject
from chatloop.formats.format import Parsed
from chatloop.formats.turns import finished, first, items, kind, objects
from chatloop.params.sources import Source

_ROW = {"conversation_name", "turn_position"}
_HIGHEST, _LONG = 10**9, 10
_CAPITAL = re.compile(r"(?=[A-Z])")


def fits(record: object) -> bool:
    """Whether it is one of the three, or a list of the first two under one key."""
    if not isinstance(record, dict):
        return False
    listed = [record, *items(record.get("testCases"))[:1], *items(record.get("conversations"))[:1]]
    return any(isinstance(one, dict) and _is_one(one) for one in listed)


def _is_one(record: dict[str, object]) -> bool:
    keys = record.keys()
    return "testCaseConversationTurns" in keys or {"name", "interactions"} <= keys or keys >= _ROW


def unpack(document: object, lookup: Mapping[str, str]) -> list[object]:
    """Every test case or conversation of an export."""
    del lookup
    held = document if isinstance(document, dict) else {}
    return [*items(held.get("testCases")), *items(held.get("conversations"))] or [document]


def key(record: object, source: Source) -> str | None:
    """The conversation that a row of a log belongs to."""
    del source
    name = record.get("conversation_name") if isinstance(record, dict) else None
    return name if isinstance(name, str) else None


def parse(record: object, source: Source) -> list[Parsed]:
    """A conversation; a turn whose text is not there (an event aside) is a reason."""
    del source
    if isinstance(record, dict) and not record.keys() >= _ROW:
        turns = first(record, "testCaseConversationTurns", "interactions")
        name, tags = first(record, "displayName", "name"), record.get("tags")
    else:
        turns, tags = record if isinstance(record, list) else [record], None
        name = key(turns[0], _NOWHERE) if turns else None
    listed = objects(turns)
    if not listed:
        return [Reject("no_messages", f"no list of turns in {kind(record)}")]
    messages: list[Message] = []
    for at, turn in enumerate(_in_order(listed)):
        said = _exchange(turn, at)
        if isinstance(said, Reject):
            return [said]
        messages += said
    short = name.rpartition("/")[2] if isinstance(name, str) and name.startswith("proj") else name
    return [*finished(short, tuple(messages) or Reject("no_messages", "nobody says a word"), tags)]


_NOWHERE = Source(path="-")


def _in_order(turns: list[dict[str, object]]) -> list[dict[str, object]]:
    """By position or time where every turn has one, else as they stand."""
    numbers = [turn.get("turn_position", turn.get("turnPosition")) for turn in turns]
    ranks = [_number(value) for value in numbers]
    if None in ranks:
        ranks = [_time(turn.get("createTime")) for turn in turns]
    if None in ranks:
        return turns
    pairs = [(rank or 0.0, at) for at, rank in enumerate(ranks)]
    return [turns[at] for _, at in sorted(pairs)]


def _number(value: object) -> float | None:
    """A turn's position; tables write it as text."""
    whole = type(value) is int and 0 <= value < _HIGHEST
    digits = value if isinstance(value, str) else str(value) if whole else ""
    return float(digits) if digits.isascii() and digits.isdigit() and len(digits) < _LONG else None


def _time(value: object) -> float | None:
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except (ValueError, OverflowError):
        return None


def _exchange(turn: dict[str, object], at: int) -> list[Message] | Reject:
    """What the user says, unless it is an event, and what the agent answers."""
    asked, answer = _asked(turn), _answer(turn)
    if asked is None or not answer.strip():
        who = "user" if asked is None else "agent"
        return Reject("no_text", f"turn {at}: the {who} says nothing in text")
    said = [Message("user", asked)] if asked else []
    return [*said, Message("assistant", answer)]


def _asked(turn: dict[str, object]) -> str | None:
    """The user's text; empty for an event, None where it is something else."""
    given = turn.get("requestUtterances")
    if isinstance(given, str) and given:
        return given
    query = _at(turn, "userInput", "input") or _at(turn, "request", "queryInput")
    text = _at(query, "text", "text") or _at(query, "audio", "transcript")
    if isinstance(text, str) and text:
        return text
    transcript = _at(turn, "response", "queryResult", "transcript")
    if isinstance(transcript, str) and transcript:
        return transcript
    return "" if _at(query, "event") is not None else None


def _answer(turn: dict[str, object]) -> str:
    given = turn.get("responseUtterances")
    if isinstance(given, str) and given:
        return given
    output = _at(turn, "virtualAgentOutput", "textResponses")
    replies = _at(turn, "response", "queryResult", "responseMessages")
    texts = [_at(one, "text") for one in items(output)]
    texts += [_at(one, "text", "text") for one in items(replies)]
    return "\n".join(_flat(texts))


def _flat(texts: Iterable[object]) -> list[str]:
    parts = [part for text in texts for part in (text if isinstance(text, list) else [text])]
    return [part for part in parts if isinstance(part, str) and part]


def _at(value: object, *path: str) -> object:
    """What lies at a path of keys, in camel or snake case; JSON within text is opened."""
    for name in path:
        if isinstance(value, str) and value.startswith("{"):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return None
        if not isinstance(value, dict):
            return None
        value = value.get(name, value.get(_CAPITAL.sub("_", name).lower()))
    return value
