"""OpenAI-style messages, also as fine-tuning files have them.

{"id": "shop-00001", "topics": ["order_status"], "messages": [
    {"role": "system", "content": "You are the assistant of a shop."},
    {"role": "user", "content": "Where is my order 48213?"},
    {"role": "assistant", "content": [{"type": "text", "text": "It left us today."}], "weight": 1}]}

A `system` text beside the messages, as Anthropic's API has it, comes first.
"""

from chatloop.conversation import Message, Reject, Role
from chatloop.formats.format import Parsed
from chatloop.formats.preference.marks import is_opinion, is_pair, is_thumb
from chatloop.formats.turns import (
    finished,
    first,
    items,
    kind,
    message,
    not_an_object,
    weighed,
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
_TOOL_PARTS = frozenset({"tool_use", "tool_result", "server_tool_use", "tool_call"})
_USUAL = {"role", "content"}
_SKIP = "write `tools: skip` in the source to learn what is said around it"


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
    opening = first(record, "system", "system_prompt")
    if opening not in (None, "") and turns[0] != (said := {"role": "system", "content": opening}):
        turns = [said, *turns]
    name = first(record, "id", "conversation_id", "conversation_hash")
    return [*finished(name, read(turns, source), first(record, "topics", "topic"))]


def read(turns: list[object], source: Source) -> tuple[Message, ...] | Reject:
    """Messages from their objects, or the first reason why not.

    What the assistant says before and after a tool that is left out is one answer.
    """
    if (usual := _usual(turns, source)) is not None:
        return usual
    messages: list[Message] = []
    tool = False
    for at, turn in enumerate(turns):
        if source.tools == "skip" and _is_of_a_tool(turn):
            tool = True
            continue
        parsed = _message(turn, at, source)
        if isinstance(parsed, Reject):
            return parsed
        if tool and messages and messages[-1].role == parsed.role == "assistant":
            parsed = Message("assistant", f"{messages.pop().content}\n{parsed.content}")
        messages.append(parsed)
        tool = False
    return tuple(messages) if messages else Reject("no_messages", "there is no turn in it")


def _usual(turns: list[object], source: Source) -> tuple[Message, ...] | None:
    """Turns of nothing but a known role and a text, as most are; None where one is another."""
    if source.speakers or not turns:
        return None
    messages = []
    for turn in turns:
        if not isinstance(turn, dict) or turn.keys() != _USUAL:
            return None
        role, content = turn["role"], turn["content"]
        if not isinstance(role, str) or role not in ROLE_OF or not isinstance(content, str):
            return None
        messages.append(Message(ROLE_OF[role], content))
    return tuple(messages)


def _is_of_a_tool(turn: object) -> bool:
    """What a tool says, or a call of one and no word beside it."""
    if not isinstance(turn, dict):
        return False
    content = turn.get("content")
    if isinstance(content, list) and content and all(map(_is_tool_part, content)):
        return True
    return _is_tool(turn.get("role")) or (_calls(turn) and not content)


def _is_tool(role: object) -> bool:
    return isinstance(role, str) and role in TOOLS


def _is_tool_part(part: object) -> bool:
    kind_of = part.get("type") if isinstance(part, dict) else None
    return isinstance(kind_of, str) and kind_of in _TOOL_PARTS


def _calls(turn: dict[str, object]) -> bool:
    return bool(turn.get("tool_calls") or turn.get("function_call"))


def _message(turn: object, at: int, source: Source) -> Message | Reject:
    if not isinstance(turn, dict):
        return Reject("bad_message", f"turn {at} is {kind(turn)}, not an object")
    role, content = turn.get("role"), turn.get("content")
    parts = items(content)
    said = [part for part in parts if not _is_tool_part(part)]
    if source.tools == "refuse" and (_calls(turn) or _is_tool(role) or len(said) < len(parts)):
        return Reject("tool_call", f"turn {at} is of a tool; {_SKIP}")
    if content is None and "refusal" in turn:
        content = turn["refusal"]
    parsed = message(role, said or content, ROLE_OF, source, at)
    return weighed(parsed, turn.get("weight"), at, source)
