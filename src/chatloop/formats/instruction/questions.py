"""Lists of questions with their answers, most often in YAML.

categories: [opening hours]
questions:
  - question: When do you open?          # or a list of ways to ask it
    answer: At nine, Monday to Saturday.
conversations:                           # the same as lists of turns, user first
  - [Are you open on Sunday?, "No, we open on Monday."]
"""

from collections.abc import Mapping

from chatloop.conversation import Message, Reject
from chatloop.formats.format import Parsed
from chatloop.formats.turns import finished, first, items, kind
from chatloop.params.sources import Source

_LISTS = ("questions", "faq", "conversations")
_PAIR, _MOST = 2, 1000


def fits(record: object) -> bool:
    """Whether it is a document of questions, or one question with its answer."""
    if not isinstance(record, dict):
        return False
    talks = items(record.get("conversations"))
    if talks:
        return all(isinstance(talk, list) for talk in talks)
    listed = items(record.get("questions")) or items(record.get("faq"))
    return bool(listed) or {"question", "answer"} <= record.keys()


def unpack(document: object, lookup: Mapping[str, str]) -> list[object]:
    """Every entry with the topics of its document."""
    del lookup
    if not isinstance(document, dict) or not any(key in document for key in _LISTS):
        return [document]
    topics = first(document, "topics", "topic", "categories", "category")
    entries = [entry for key in _LISTS for entry in items(document.get(key))]
    found: list[object] = [_with(entry, topics) for entry in entries]
    return found or [document]


def _with(entry: object, topics: object) -> object:
    if isinstance(entry, dict):
        return entry if topics is None else {"topics": topics, **entry}
    return {"turns": entry, "topics": topics}


def parse(record: object, source: Source) -> list[Parsed]:
    """One conversation for each way to ask and to answer; without an answer there is none."""
    del source
    if not isinstance(record, dict):
        return [Reject("no_answer", f"{kind(record)} without an answer")]
    topics = first(record, "topics", "topic", "category", "categories")
    if isinstance(record.get("turns"), list):
        return [*finished(None, _turns(items(record["turns"])), topics)]
    asked, answered = first(record, "question", "questions"), first(record, "answer", "answers")
    ways = asked if isinstance(asked, list) else [asked]
    answers = answered if isinstance(answered, list) else [answered]
    if not ways or not answers or len(ways) * len(answers) > _MOST:
        return [Reject("no_messages", f"no question, no answer, or over {_MOST} pairs of them")]
    pairs = [_turns([way, answer]) for way in ways for answer in answers]
    return [parsed for pair in pairs for parsed in finished(record.get("id"), pair, topics)]


def _turns(texts: list[object]) -> tuple[Message, ...] | Reject:
    """User and assistant by turns."""
    if len(texts) < _PAIR or texts[1] is None or texts[1] == "":
        return Reject("no_answer", "a question without an answer")
    if not all(isinstance(text, str) for text in texts):
        return Reject("not_text", "a turn of it is no text")
    return tuple(
        Message("assistant" if at % 2 else "user", str(text)) for at, text in enumerate(texts)
    )
