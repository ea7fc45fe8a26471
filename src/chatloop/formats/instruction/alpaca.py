"""Stanford Alpaca and its kin: an instruction, an input, an output, earlier exchanges.

{"instruction": "Name the capital.", "input": "France", "output": "Paris",
 "system": "Be short.", "history": [["Hi", "Hello"]]}
"""

from chatloop.conversation import Reject
from chatloop.formats.format import Parsed
from chatloop.formats.preference.marks import is_pair
from chatloop.formats.turns import CHAT, conversation_of, first, items, not_an_object
from chatloop.params.sources import Source

_PAIR = 2


def fits(record: object) -> bool:
    """Whether a record has the keys that this format is known by."""
    if not isinstance(record, dict) or is_pair(record):
        return False
    return "instruction" in record and bool({"output", "response"} & record.keys())


def parse(record: object, source: Source) -> list[Parsed]:
    """The history, then instruction and input as one question, then the output."""
    if not isinstance(record, dict):
        return [*not_an_object(record)]
    asked, given = record.get("instruction"), first(record, "input", "context")
    answer = first(record, "output", "response")
    if not isinstance(asked, str) or not isinstance(given, str | None):
        return [Reject("not_text", "`instruction` or `input` is no text")]
    if not isinstance(answer, str):
        return [Reject("no_answer", "`output` is missing or no text")]
    history = items(record.get("history"))
    if not all(isinstance(past, list) and len(past) == _PAIR for past in history):
        return [Reject("bad_message", "`history` is no list of pairs")]
    turns: list[tuple[object, object]] = []
    if record.get("system") not in (None, ""):
        turns.append(("system", record["system"]))
    for past in history:
        turns += zip(("user", "assistant"), items(past), strict=True)
    turns += [("user", f"{asked}\n\n{given}" if given else asked), ("assistant", answer)]
    topics = first(record, "topics", "topic", "category")
    return [*conversation_of(record.get("id"), turns, CHAT, source, topics)]
