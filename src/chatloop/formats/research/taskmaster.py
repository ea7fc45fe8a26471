"""Google's Taskmaster 1 to 4 in the publisher's own layout: a list of dialogues in one JSON file.

{"conversation_id": "dlg-00055f4e", "instruction_id": "restaurant-table-2", "utterances": [
    {"index": 0, "speaker": "USER", "text": "Hi, I'm looking to book a table.", "segments": [...]},
    {"index": 1, "speaker": "ASSISTANT", "text": "Ok, for how many people?"}]}
"""

import re

from chatloop.conversation import Message, Reject, Role
from chatloop.formats.format import Parsed
from chatloop.formats.turns import finished, first, message, not_an_object, whole
from chatloop.params.sources import Source

ROLE_OF: dict[str, Role] = {"user": "user", "assistant": "assistant"}
OPTIONS = frozenset({"speakers"})
_NUMBER = re.compile(r"-\d{1,9}$")


def fits(record: object) -> bool:
    """Whether a record has the keys that this format is known by."""
    return isinstance(record, dict) and {"conversation_id", "utterances"} <= record.keys()


def parse(record: object, source: Source) -> list[Parsed]:
    """A dialogue; its topic is the vertical, or the instruction without its number."""
    if not isinstance(record, dict):
        return [*not_an_object(record)]
    turns, name = record.get("utterances"), record.get("conversation_id")
    if not isinstance(turns, list) or not turns:
        return [Reject("no_messages", "`utterances` is missing, empty or no list")]
    topic = first(record, "vertical", "instruction_id")
    topic = _NUMBER.sub("", topic) if isinstance(topic, str) else topic
    messages = whole(_message(turn, at, source) for at, turn in enumerate(turns))
    return [*finished(name, messages, topic or None)]


def _message(turn: object, at: int, source: Source) -> Message | Reject:
    if not isinstance(turn, dict):
        return Reject("bad_message", f"turn {at} is no object")
    if not isinstance(turn.get("text"), str):
        return Reject("not_text", f"turn {at}: text is no text")
    return message(turn.get("speaker"), turn["text"], ROLE_OF, source, at)
