"""Text in which every turn starts with who speaks.

[10:02] User: Where is my order?
[10:03] Agent: It left us today.
It should be with you on Friday.

A line without a speaker belongs to the turn before it. Conversations are parted by a line of three
or more dashes (or =, *, #), or by empty lines, see io/sources/readers/text.py.
"""

import re

from chatloop.conversation import Message, Reject
from chatloop.formats.format import Parsed
from chatloop.formats.turns import CHAT, finished, kind, role_of
from chatloop.params.sources import Source

OPTIONS = frozenset({"speakers"})
# A time or a number in brackets, or a date, may come first; a bracket may follow the name.
_TURN = re.compile(
    r"\s{0,8}(?:[\[(][^\])]{1,30}[\])]\s{0,4}"
    r"|\d[\d./:,TZ+ -]{3,30}(?:[AaPp][Mm])?\s{0,3}-?\s{0,3})?"
    r"([^\W\d_][\w.'’ -]{0,39}?)\s{0,4}(?:[\[(][^\])]{1,30}[\])]\s{0,4})?:(?:\s+|$)"
)
# As far as a speaker's name may reach into a line.
_PREFIX = 160
_ENOUGH = 2


def speaker(line: str) -> tuple[str, str] | None:
    """Who speaks in a line and what; None where it starts with no name and colon."""
    found = _TURN.match(line[:_PREFIX])
    return (found[1], line[found.end() :]) if found else None


def fits(record: object) -> bool:
    """Whether a text has two lines that start with a speaker."""
    if not isinstance(record, str):
        return False
    spoken = 0
    for line in record.split("\n"):
        spoken += speaker(line) is not None
        if spoken == _ENOUGH:
            return True
    return False


def parse(record: object, source: Source) -> list[Parsed]:
    """A conversation of its turns. With `speakers` in params, other names are part of the text."""
    if not isinstance(record, str):
        return [Reject("not_text", f"a transcript is text, not {kind(record)}")]
    turns: list[tuple[Message, list[str]]] = []
    for at, line in enumerate(record.strip("\n").split("\n")):
        opened = _opened(line, source, at)
        if isinstance(opened, Reject):
            return [opened]
        if opened:
            turns.append((opened, [opened.content]))
        elif turns:
            turns[-1][1].append(line.rstrip())
        elif line.strip():
            return [Reject("bad_message", f"line {at} of it: nobody speaks yet")]
    messages = tuple(Message(said.role, "\n".join(lines).strip()) for said, lines in turns)
    return [*finished(None, messages or Reject("no_messages", "nobody speaks in it"))]


def _opened(line: str, source: Source, at: int) -> Message | Reject | None:
    """The turn that a line opens, if it does."""
    found = speaker(line)
    if found is None:
        return None
    role = role_of(found[0], CHAT, source, at)
    if isinstance(role, Reject):
        return None if source.speakers else role
    return Message(role, found[1].rstrip())
