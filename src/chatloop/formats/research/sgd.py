"""Schema-Guided Dialogues in the publisher's own layout: a list of dialogues in one JSON file.

{"dialogue_id": "1_00000", "services": ["Restaurants_1"], "turns": [
    {"speaker": "USER", "utterance": "I am feeling hungry.", "frames": [...]},
    {"speaker": "SYSTEM", "utterance": "Where should it be?", "frames": [...]}]}
"""

from chatloop.conversation import Message, Reject, Role
from chatloop.formats.format import Parsed
from chatloop.formats.turns import finished, message, not_an_object, whole
from chatloop.params.sources import Source

ROLE_OF: dict[str, Role] = {"user": "user", "system": "assistant"}
OPTIONS = frozenset({"speakers"})


def fits(record: object) -> bool:
    """Whether a record has the keys that this format is known by."""
    return isinstance(record, dict) and {"dialogue_id", "turns"} <= record.keys()


def parse(record: object, source: Source) -> list[Parsed]:
    """A dialogue; its services become the topics, frames and slots are not read."""
    if not isinstance(record, dict):
        return [*not_an_object(record)]
    name, turns, services = (record.get(key) for key in ("dialogue_id", "turns", "services"))
    if not isinstance(name, str) or not name:
        return [Reject("bad_id", "`dialogue_id` is missing or no text")]
    if not isinstance(turns, list) or not turns:
        return [Reject("no_messages", "`turns` is missing, empty or no list")]
    messages = whole(_message(turn, at, source) for at, turn in enumerate(turns))
    return [*finished(name, messages, services)]


def _message(turn: object, at: int, source: Source) -> Message | Reject:
    if not isinstance(turn, dict):
        return Reject("bad_message", f"turn {at} is no object")
    if not isinstance(turn.get("utterance"), str):
        return Reject("not_text", f"turn {at}: utterance is no text")
    return message(turn.get("speaker"), turn["utterance"], ROLE_OF, source, at)
