"""Schema-Guided Dialogues in the publisher's own layout: a list of dialogues in one JSON file.

{"dialogue_id": "1_00000", "services": ["Restaurants_1"], "turns": [
    {"speaker": "USER", "utterance": "I am feeling hungry.", "frames": [...]},
    {"speaker": "SYSTEM", "utterance": "Where should it be?", "frames": [...]}]}
"""

from chatloop.conversation import Conversation, Message, Reject, Role

ROLE_OF: dict[str, Role] = {"USER": "user", "SYSTEM": "assistant"}


def fits(record: object) -> bool:
    """Whether a record has the keys that this format is known by."""
    return isinstance(record, dict) and {"dialogue_id", "turns"} <= record.keys()


def parse(record: object) -> Conversation | Reject:
    """A dialogue; its services become the topics, frames and slots are not read."""
    if not isinstance(record, dict):
        return Reject("not_an_object", "a dialogue is a JSON object")
    name, turns, services = (record.get(key) for key in ("dialogue_id", "turns", "services"))
    if not isinstance(name, str) or not name:
        return Reject("bad_id", "`dialogue_id` is missing or no text")
    if not isinstance(turns, list) or not turns:
        return Reject("no_messages", "`turns` is missing, empty or no list")
    if not isinstance(services or [], list):
        return Reject("bad_topics", "`services` is no list")
    messages: list[Message] = []
    for at, turn in enumerate(turns):
        message = _message(turn, at)
        if isinstance(message, Reject):
            return message
        messages.append(message)
    topics = sorted({str(service) for service in services or []})
    return Conversation(name, tuple(messages), tuple(topics))


def _message(turn: object, at: int) -> Message | Reject:
    if not isinstance(turn, dict):
        return Reject("bad_message", f"turn {at} is no object")
    speaker, utterance = turn.get("speaker"), turn.get("utterance")
    if not isinstance(speaker, str) or speaker not in ROLE_OF:
        return Reject("unknown_role", f"turn {at}: speaker is neither USER nor SYSTEM")
    if not isinstance(utterance, str):
        return Reject("not_text", f"turn {at}: utterance is no text")
    return Message(ROLE_OF[speaker], utterance)
