"""What has come in: every record ends up as conversations, as preferences or in quarantine.

intake.add("logs", record, [Conversation("a-1", …)])
intake.add("logs", record, [Reject("not_json", "Expecting value")])
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from chatloop.conversation import ROLES, Conversation, Message, Preference, Reject
from chatloop.formats.format import Parsed
from chatloop.io.sources.record import Record
from chatloop.io.tables import PREFERENCES, QUARANTINE, turns_of

Write = Callable[[pl.DataFrame], None]
JudgedRow = tuple[str, str, int, str, str, list[str], str]
# Rows, and characters, that are held before they are written: memory does not grow with the data.
ROWS, CHARS = 20_000, 2**24


class Intake:
    """Counts and writes; a record that holds several conversations may be kept in part."""

    def __init__(self, turns: Write, quarantine: Write, preferences: Write) -> None:
        self._write_turns, self._write_quarantine = turns, quarantine
        self._write_preferences = preferences
        self._talks: list[Conversation] = []
        self._judged: list[JudgedRow] = []
        self._quarantined: list[tuple[str, str, int, str, str, str]] = []
        self._source, self._rows, self._chars = "", 0, 0
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.places: dict[str, str] = {}

    def add(self, source: str, record: Record, parsed: Sequence[Parsed]) -> None:
        """Keep what a record holds under free ids; quarantine it for each part that is rejected."""
        if source != self._source:
            self.flush()
            self._source = source
        parts = [_sound(part) for part in parsed] or [
            Reject("no_messages", "there is nothing in it")
        ]
        bad = [part for part in parts if isinstance(part, Reject)]
        for at, part in enumerate(parts, start=1):
            if isinstance(part, Conversation | Preference):
                number = f"#{at}" if len(parts) > 1 else ""
                name = part.id or f"{Path(record.file).name}:{record.line}{number}"
                free = self._free(name)
                self._keep(part if part.id == free else replace(part, id=free))
        for one in bad:
            self._quarantine(record, one)
        self.counts["records_read"] += 1
        self.counts["quarantined" if len(bad) == len(parts) else "records_kept"] += 1
        if self._rows >= ROWS or self._chars >= CHARS:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._talks:
            self._write_turns(turns_of(self._talks, self._source))
        if self._judged:
            self._write_preferences(pl.DataFrame(self._judged, schema=PREFERENCES, orient="row"))
        if self._quarantined:
            table = pl.DataFrame(self._quarantined, schema=QUARANTINE, orient="row")
            self._write_quarantine(table)
        self._talks, self._judged, self._quarantined = [], [], []
        self._rows = self._chars = 0

    def _keep(self, part: Conversation | Preference) -> None:
        if isinstance(part, Preference):
            self._judge(part)
            if not part.chosen or not part.learned:
                return
            part = Conversation(part.id, part.prompt + part.chosen, part.topics)
        self._talks.append(part)
        self.counts["conversations"] += 1
        self.counts["turns"] += len(part.messages)
        self._hold(len(part.messages), sum(len(message.content) for message in part.messages))

    def _judge(self, pair: Preference) -> None:
        """Rows of both answers and of what they answer, for preference tuning."""
        kind = "pairs" if pair.chosen and pair.rejected else "up" if pair.chosen else "down"
        self.counts[f"preferences_{kind}"] += 1
        for row in judged_rows(pair, self._source):
            self._judged.append(row)
            self._hold(1, len(row[4]))

    def _quarantine(self, record: Record, why: Reject) -> None:
        detail, raw = unicode(why.detail), unicode(record.raw)
        where = (self._source, unicode(record.file), record.line)
        self._quarantined.append((*where, why.reason, detail, raw))
        self.reasons[why.reason] += 1
        self.places.setdefault(why.reason, f"{record.file} line {record.line}")
        self._hold(1, len(raw))

    def _hold(self, rows: int, chars: int) -> None:
        self._rows += rows
        self._chars += chars

    def _free(self, name: str) -> str:
        """The name, or the first of name~2, name~3, … that nobody has yet."""
        free = name
        while free in self._taken:
            self._numbers[name] = self._numbers.get(name, 1) + 1
            free = f"{name}~{self._numbers[name]}"
        self.counts["ids_renamed"] += free != name
        self._taken.add(free)
        return free


def judged_rows(pair: Preference, source: str) -> Iterator[JudgedRow]:
    """The turns of both answers and of what they answer, as rows of PREFERENCES."""
    for side in ("prompt", "chosen", "rejected"):
        messages: tuple[Message, ...] = getattr(pair, side)
        for turn, said in enumerate(messages):
            yield (side, pair.id, turn, said.role, said.content, [*pair.topics], source)


def _sound(part: Parsed) -> Parsed:
    """A part that the rest of the pipeline can trust, whatever a format made of its record."""
    if isinstance(part, Reject):
        return part
    if any(map(_malformed, _sides(part))):
        return Reject("malformed", "a turn without a role or a text")
    topics = tuple(unicode(topic) for topic in part.topics)
    if isinstance(part, Preference):
        if not part.prompt or not (part.chosen or part.rejected):
            return Reject("malformed", "a judged answer without its prompt, or none at all")
        prompt, chosen, rejected = map(_legible, (part.prompt, part.chosen, part.rejected))
        return Preference(unicode(part.id), prompt, chosen, rejected, topics, part.learned)
    if not part.messages:
        return Reject("no_messages", "there is no turn in it")
    return Conversation(unicode(part.id), _legible(part.messages), topics)


def _sides(part: Conversation | Preference) -> list[tuple[Message, ...]]:
    if isinstance(part, Conversation):
        return [part.messages]
    return [part.prompt, part.chosen, part.rejected]


def _malformed(messages: tuple[Message, ...]) -> bool:
    for message in messages:
        if message.role not in ROLES or not isinstance(message.content, str):
            return True
    return False


def _legible(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    if "".join([message.content for message in messages]).isascii():
        return messages
    return tuple(Message(message.role, unicode(message.content)) for message in messages)


def unicode(text: str) -> str:
    """Text that UTF-8 can hold: half of a surrogate pair, which JSON allows, becomes U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
