"""Opinions from files into the store: as strict as the API, and the same file twice is once.

feedback: 41 read, 38 kept, 2 there already, 1 rejected: 1 unknown_completion (line 17)
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from chatloop.conversation import Reject
from chatloop.feedback.lines import Line, line_of
from chatloop.feedback.record import Exchange, Feedback
from chatloop.io.sources import read_records
from chatloop.io.sources.record import Record
from chatloop.io.store import exchange_of
from chatloop.serve.store.opening import alone
from chatloop.serve.store.privacy import Privacy
from chatloop.serve.store.secret import Pepper, owner
from chatloop.serve.store.statements import Opinion, UnknownExchangeError, add_feedback
from chatloop.serve.store.tables import EXCHANGES, FEEDBACK

_SHOWN = 5


@dataclass
class Imported:
    """What came of a file's lines; `rejected` holds line numbers by reason."""

    read: int = 0
    kept: int = 0
    known: int = 0
    rejected: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __str__(self) -> str:
        """One line for a person, without a word of the file."""
        out = sum(map(len, self.rejected.values()))
        assert self.read == self.kept + self.known + out
        said = f"{self.read:,} read, {self.kept:,} kept, {self.known:,} there already"
        said += f", {out:,} rejected"
        whys = [
            f"{len(lines):,} {reason} (line {', '.join(map(str, lines[:_SHOWN]))}"
            f"{', …' if len(lines) > _SHOWN else ''})"
            for reason, lines in sorted(self.rejected.items())
        ]
        return f"feedback: {said}{': ' if whys else ''}{'; '.join(whys)}"


@dataclass(frozen=True)
class Importer:
    """What an import needs of the project: `keys` are the ids of API keys, `now` in seconds."""

    engine: Engine
    pepper: Pepper
    privacy: Privacy
    keys: Sequence[str]
    longest: int
    now: Callable[[], float]

    def read(self, file: Path) -> Imported:
        """Keep every opinion of a file (JSON, JSON lines, CSV, Parquet; plain, .gz or .zst)."""
        found = Imported()
        for record in read_records(file):
            found.read += 1
            reason = self._keep(record)
            if reason is None:
                found.kept += 1
            elif reason == "known":
                found.known += 1
            else:
                found.rejected[reason].append(record.line)
        return found

    def _keep(self, record: Record) -> str | None:
        """None where it is new now, `known` where it was there, else why not."""
        if record.problem is not None:
            return record.problem.reason
        line = line_of(_without_nulls(record.value), self.longest)
        if isinstance(line, Reject):
            return line.reason
        with self.engine.begin() as connection:
            alone(connection, immediate=True)
            exchange = _exchange(connection, line)
            if exchange is None:
                return "unknown_completion"
            return self._add(connection, line, exchange)

    def _add(self, connection: Connection, line: Line, exchange: Exchange) -> str | None:
        content = json.dumps(vars(line), sort_keys=True, ensure_ascii=False)
        name = f"fb-{self.pepper.hash('import', exchange.id, content)}"
        if connection.execute(select(FEEDBACK.c.id).where(FEEDBACK.c.id == name)).first():
            return "known"
        correction, comment = self._redacted(line, exchange)
        feedback = Feedback(
            name, exchange.id, line.rating, correction, comment, line.tags,
            self._caller(line, exchange), line.source, self.now(), None,
        )  # fmt: skip
        try:
            add_feedback(connection, Opinion(feedback, self.pepper.hash("body", content)))
        except UnknownExchangeError:
            return "unknown_completion"
        return None

    def _redacted(self, line: Line, exchange: Exchange) -> tuple[str | None, str | None]:
        """Both texts, a value that the conversation has under the placeholder that it has there."""
        asked = [one.content for one in exchange.messages or ()]
        asked += [exchange.answer] if exchange.answer is not None else []
        (texts,) = self.privacy(
            [(exchange.id, [*asked, line.correction or "", line.comment or ""])]
        )
        return texts[-2] or None, texts[-1] or None

    def _caller(self, line: Line, exchange: Exchange) -> str:
        """Who said it, hashed as the API does; without a name, who had asked."""
        if line.user is None:
            return exchange.caller
        whose = owner(exchange.caller)
        key = next((key for key in self.keys if self.pepper.caller(key, None) == whose), None)
        if key is None:
            return f"{whose}:{self.pepper.hash('user', 'import', line.user)}"
        return self.pepper.caller(key, line.user)


def _exchange(connection: Connection, line: Line) -> Exchange | None:
    wanted = EXCHANGES.c.id == line.completion_id
    if line.external_id is not None:
        wanted = EXCHANGES.c.external_id == line.external_id
        if line.source != "import":
            wanted &= EXCHANGES.c.source == line.source
    newest = select(EXCHANGES).where(wanted).order_by(EXCHANGES.c.number.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return None if row is None else exchange_of(row)


def _without_nulls(value: object) -> object:
    """A table's row has a null in every column that says nothing."""
    if not isinstance(value, dict):
        return value
    return {key: one for key, one in value.items() if one not in (None, "")}
