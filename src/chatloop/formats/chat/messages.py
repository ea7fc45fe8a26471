"""OpenAI-style messages, also as fine-tuning files have them.

{"id": "shop-00001", "topics": ["order_status"], "messages": [
    {"role": "system", "content": "You are the assistant of a shop."},
    {"role": "user", "content": "Where is my order 48213?"},
    {"role": "assistant", "content": [{"type": "text", "text": "It left us today."}], "weight": 1}]}
"""

from chatloop.conversation import Message, Reject, Role
from chatloop.formats.format import Parsed
from chatloop.formats.preference.marks import is_opinion, is_pair, is_thumb
from chatloop.formats.turns import (
    finished,
    first,
    kind,
    message,
    not_an_object,
    whole,
)
from chatloop.params.sources import Source

ROLE_OF: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
OPTIONS = frozenset({"speakers", "tools", "weights"})
TOOLS = frozenset({"tool", "function"})
_USUAL = {"role", "content"}


def fits(record: object) -> bool:
    """Whether a record has the key that this format is known by, and no judgement with it."""
    if not isinstance(record, dict) or is_pair(record) or is_thumb(record) or is_opinion(record):
        return False
    if "messages" in record:
        return True
    turns = record.get("conversation")
    return isinstance(turns, list) and all(isinstance(t, dict) and "role" in t for t in turns)


def parse(record: object, source: Source) -> list[Parsed]:
    """A conversation; `id` may be missing (the reader then names it after file and line)."""
    if not isinstance(record, dict):
        return [*not_an_object(record)]
    turns = first(record, "messages", "conversation")
    if not isinstance(turns, list) or not turns:
        return [Reject("no_messages", "`messages` is missing, empty or no list")]
    messages = read(turns, source)
    name, topics = first(record, "id", "conversation_id"), first(record, "topics", "topic")
    return [*finished(name, messages, topics)]


def read(turns: list[object], source: Source) -> tuple[Message, ...] | Reject:
    """Messages from their objects, or the first reason why not."""
    return whole(
        _message(turn, at, source)
        for at, turn in enumerate(turns)
        if source.tools == "refuse" or not _is_of_a_tool(turn)
    )


def _is_of_a_tool(turn: object) -> bool:
    """What a tool says, or a call of one and no word beside it."""
    if not isinstance(turn, dict):
        return False
    return _is_tool(turn.get("role")) or (_calls(turn) and not turn.get("content"))


def _is_tool(role: object) -> bool:
    return isinstance(role, str) and role in TOOLS


def _calls(turn: dict[str, object]) -> bool:
    return bool(turn.get("tool_calls") or turn.get("function_call"))


def _message(turn: object, at: int, source: Source) -> Message | Reject:
    if not isinstance(turn, dict):
        return Reject("bad_message", f"turn {at} is {kind(turn)}, not an object")
    role, content = turn.get("role"), turn.get("content")
    if isinstance(content, str) and turn.keys() <= _USUAL and not source.speakers:
        # Most messages there are, and there are many.
        known = ROLE_OF.get(role) if isinstance(role, str) else None
        if known is not None:
            return Message(known, content)
    if source.tools == "refuse" and (_calls(turn) or _is_tool(role)):
        says = "write `tools: skip` in the source to learn what is said around it"
        return Reject("tool_call", f"turn {at} is of a tool; {says}")
    if content is None and "refusal" in turn:
        content = turn["refusal"]
    parsed = message(role, content, ROLE_OF, source, at)
    if isinstance(parsed, Reject) or "weight" not in turn:
        return parsed
    return _weighed(parsed, turn, at, source)


def _weighed(parsed: Message, turn: dict[str, object], at: int, source: Source) -> Message | Reject:
    """Fine-tuning files mark an answer that must not be learned with `weight: 0`.

    Every answer of a conversation is learned here, so such a one is left out unless told otherwise.
    """
    weight = turn.get("weight")
    if weight is None or parsed.role != "assistant" or source.weights == "ignore":
        return parsed
    if isinstance(weight, bool) or weight not in (0, 1):
        return Reject("bad_weight", f"turn {at}: its weight is neither 0 nor 1")
    if weight == 0:
        says = "write `weights: ignore` in the source to learn it all the same"
        return Reject("not_to_be_learned", f"turn {at}: its weight is 0; {says}")
    return parsed
