"""ShareGPT and Vicuna: `from` and `value`.

{"id": "identity_0", "conversations": [
    {"from": "human", "value": "Who are you?"},
    {"from": "gpt", "value": "I am Vicuna, a language model."}]}
"""

from chatloop.conversation import Message, Reject
from chatloop.formats.format import Parsed
from chatloop.formats.preference.marks import is_pair, is_thumb
from chatloop.formats.turns import (
    CHAT,
    finished,
    first,
    kind,
    message,
    not_an_object,
    weighed,
    whole,
)
from chatloop.params.sources import Source

OPTIONS = frozenset({"speakers", "tools", "weights"})
_TOOLS = frozenset(
    {"tool", "function", "function_call", "function_response", "observation", "tool_call"}
    | {"tool_response"}
)


def fits(record: object) -> bool:
    """Whether a record has the key that this format is known by, and turns that are objects."""
    if not isinstance(record, dict) or is_pair(record) or is_thumb(record):
        return False
    turns = first(record, "conversations", "items")
    return isinstance(turns, list) and bool(turns) and all(_is_turn(turn) for turn in turns[:3])


def _is_turn(turn: object) -> bool:
    return isinstance(turn, dict) and bool({"from", "value", "role"} & turn.keys())


def parse(record: object, source: Source) -> list[Parsed]:
    """A conversation; a `system` text beside the turns comes first."""
    if not isinstance(record, dict):
        return [*not_an_object(record)]
    turns = first(record, "conversations", "items")
    if not isinstance(turns, list) or not turns:
        return [Reject("no_messages", "`conversations` is missing, empty or no list")]
    opening = first(record, "system", "system_prompt")
    if opening not in (None, ""):
        turns = [{"from": "system", "value": opening}, *turns]
    return [*finished(record.get("id"), read(turns, source), first(record, "topics", "topic"))]


def read(turns: list[object], source: Source) -> tuple[Message, ...] | Reject:
    """Messages from their objects, or the first reason why not."""
    return whole(
        _message(turn, at, source)
        for at, turn in enumerate(turns)
        if source.tools == "refuse" or not _is_of_a_tool(turn)
    )


def _is_of_a_tool(turn: object) -> bool:
    speaker = first(turn, "from", "role") if isinstance(turn, dict) else None
    return isinstance(speaker, str) and speaker in _TOOLS


def _message(turn: object, at: int, source: Source) -> Message | Reject:
    if not isinstance(turn, dict):
        return Reject("bad_message", f"turn {at} is {kind(turn)}, not an object")
    if _is_of_a_tool(turn):
        says = "write `tools: skip` in the source to learn what is said around it"
        return Reject("tool_call", f"turn {at} is of a tool; {says}")
    parsed = message(first(turn, "from", "role"), first(turn, "value", "content"), CHAT, source, at)
    return weighed(parsed, turn.get("weight"), at, source)
