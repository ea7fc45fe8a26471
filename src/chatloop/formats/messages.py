"""OpenAI-style messages, also as fine-tuning files have them.

{"id": "shop-00001", "topics": ["order_status"], "messages": [
    {"role": "system", "content": "You are the assistant of a shop."},
    {"role": "user", "content": "Where is my order 48213?"},
    {"role": "assistant", "content": [{"type": "text", "text": "It left us today."}]}]}
"""

from chatloop.conversation import Conversation, Message, Reject, Role

ROLE_OF: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}


def fits(record: object) -> bool:
    """Whether a record has the key that this format is known by."""
    return isinstance(record, dict) and "messages" in record


def parse(record: object) -> Conversation | Reject:
    """A conversation; `id` may be missing (the reader then names it after file and line)."""
    if not isinstance(record, dict):
        return Reject("not_an_object", f"a record is a JSON object, not {_kind(record)}")
    turns, topics, name = record.get("messages"), _topics(record), record.get("id")
    if not isinstance(turns, list) or not turns:
        return Reject("no_messages", "`messages` is missing, empty or no list")
    parsed = [_message(turn, at) for at, turn in enumerate(turns)]
    for part in (*parsed, topics):
        if isinstance(part, Reject):
            return part
    if isinstance(name, bool) or not isinstance(name, str | int | None):
        return Reject("bad_id", f"`id` is neither text nor a whole number but {_kind(name)}")
    messages = tuple(turn for turn in parsed if isinstance(turn, Message))
    known = () if isinstance(topics, Reject) else topics
    return Conversation("" if name is None else str(name), messages, known)


def _message(turn: object, at: int) -> Message | Reject:
    if not isinstance(turn, dict):
        return Reject("bad_message", f"message {at} is {_kind(turn)}, not an object")
    role = turn.get("role")
    if not isinstance(role, str) or role not in ROLE_OF:
        return Reject("unknown_role", f"message {at}: role is none of {', '.join(ROLE_OF)}")
    if turn.get("tool_calls") or turn.get("function_call"):
        return Reject("tool_call", f"message {at} calls a tool; only text can be learned")
    content = _text(turn.get("content"))
    if content is None:
        return Reject("not_text", f"message {at}: content is neither text nor text parts")
    return Message(ROLE_OF[role], content)


def _text(content: object) -> str | None:
    """Text of a content that is text, null, or a list of text parts; None for anything else."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    texts = [part.get("text") if isinstance(part, dict) else None for part in content]
    if not all(isinstance(text, str) for text in texts):
        return None
    return "\n".join(str(text) for text in texts)


def _topics(record: dict[object, object]) -> tuple[str, ...] | Reject:
    topics = record.get("topics", record.get("topic"))
    if topics is None:
        return ()
    if isinstance(topics, str):
        return (topics,)
    if isinstance(topics, list) and all(isinstance(topic, str) for topic in topics):
        return tuple(sorted({str(topic) for topic in topics}))
    return Reject("bad_topics", "`topics` is neither text nor a list of text")


def _kind(value: object) -> str:
    """What JSON calls a value's type."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    return names.get(type(value), "null" if value is None else "a number")
