"""Text in which every turn starts with who speaks.

[10:02] User: Where is my order?
[10:03] Agent: It left us today.
It should be with you on Friday.

A line without a speaker belongs to the turn before it; one with a date and a time and no speaker is
a notice of the program's and no part of what is said. Conversations are parted by a line of three
or more dashes (or =, *, #), or by empty lines, see io/sources/readers/text.py.
"""

import re

from chatloop.conversation import Message, Reject
from chatloop.formats.format import Parsed
from chatloop.formats.turns import CHAT, finished, kind, role_of
from chatloop.params.sources import Source

OPTIONS = frozenset({"speakers"})
# Marks of direction, which phones put around names and times.
_MARK = "\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
# A time or a number in brackets, or a date, may come first; a bracket may follow the name.
_TURN = re.compile(
    rf"[{_MARK}\s]{{0,8}}(?:#{{1,6}} |\*\*|__)?(?:[\[(][^\])]{{1,30}}[\])]\s{{0,4}}"
    r"|\d[\d./:,TZ+ -]{3,30}(?:[AaPp][Mm])?\s{0,3}-?\s{0,3})?"
    r"([^\W\d_][\w.'’ -]{0,39}?)\s{0,4}(?:[\[(][^\])]{1,30}[\])]\s{0,4})?:(?:\*\*|__)?(?:\s+|$)"
)
_MOMENT = (
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s\d{1,2}[:.]\d{2}(?:[:.]\d{2})?"
    r"(?:\s?[AaPp]\.?\s?[Mm]\.?)?"
)
# 12/01/2026, 10:02 - Anna: …      [12.01.26, 10:02:11] +49 171 1234567: …
_STAMP = re.compile(rf"[{_MARK}]{{0,4}}(?:\[{_MOMENT}\]|{_MOMENT}\s[-–])\s")
_ANYBODY = re.compile(r"([^:\n]{1,60}):(?:\s+|$)")
# As far as a speaker's name may reach into a line.
_PREFIX = 160
_ENOUGH = 2
_MARKS = re.compile(f"[{_MARK}]")


def speaker(line: str) -> tuple[str, str] | None:
    """Who speaks in a line and what; None where it starts with no name and colon."""
    start = line[:_PREFIX]
    stamp = _STAMP.match(start)
    found = _ANYBODY.match(start, stamp.end()) if stamp else _TURN.match(start)
    return (_MARKS.sub("", found[1]).strip(), line[found.end() :]) if found else None


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
    """A conversation of its turns. With `speakers` in params, other names are part of the text,
    but after a date and a time, where whoever it is speaks."""
    if not isinstance(record, str):
        return [Reject("not_text", f"a transcript is text, not {kind(record)}")]
    turns: list[tuple[Message, list[str]]] = []
    for at, line in enumerate(record.strip("\n").split("\n")):
        opened = _opened(line, source, at)
        if isinstance(opened, Reject):
            return [opened]
        if opened:
            turns.append((opened, [opened.content]))
        elif _STAMP.match(line[:_PREFIX]):
            continue
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
        return None if source.speakers and not _STAMP.match(line[:_PREFIX]) else role
    return Message(role, found[1].rstrip())
