"""ShareGPT and Vicuna: `from` and `value`.

{"id": "identity_0", "conversations": [
    {"from": "human", "value": "Who are you?"},
    {"from": "gpt", "value": "I am Vicuna, a language model."}]}
"""

from chatloop.conversation import Message, Reject
from chatloop.formats.format import Parsed
from chatloop.formats.preference.marks import is_pair, is_thumb
from chatloop.formats.turns import CHAT, finished, first, kind, message, not_an_object, whole
from chatloop.params.sources import Source

OPTIONS = frozenset({"speakers"})


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
    return whole(_message(turn, at, source) for at, turn in enumerate(turns))


def _message(turn: object, at: int, source: Source) -> Message | Reject:
    if not isinstance(turn, dict):
        return Reject("bad_message", f"turn {at} is {kind(turn)}, not an object")
    speaker = first(turn, "from", "role")
    if isinstance(speaker, str) and speaker in {"function_call", "observation", "tool"}:
        return Reject("tool_call", f"turn {at} is a tool's; only text can be learned")
    return message(speaker, first(turn, "value", "content"), CHAT, source, at)
