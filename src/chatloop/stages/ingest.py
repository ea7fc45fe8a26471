"""Conversations from every source into one turns table; what is not understood is quarantined.

In: params.ingest.sources (files, folders, globs, or the built-in corpus).
Out: data/ingest/turns.parquet, data/ingest/quarantine.parquet, reports/ingest.json.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from chatloop.conversation import Conversation, Message, Reject
from chatloop.errors import UserError
from chatloop.formats import FORMATS, Format, format_named, formats_that_fit
from chatloop.io.files import write_json
from chatloop.io.sources import BUILTIN, Record, find_files, read_records
from chatloop.io.tables import QUARANTINE, turns_of, write_table
from chatloop.params import Builtin, IngestParams, Source
from chatloop.stages import main, say


@dataclass
class Intake:
    """What has come in so far; every record ends up in exactly one of the two lists."""

    conversations: list[tuple[str, Conversation]] = field(default_factory=list)
    quarantined: list[tuple[str, str, int, str, str, str]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    renamed: int = 0

    def add(self, source: str, record: Record, parsed: Conversation | Reject) -> None:
        """Keep a conversation under a free id, or the record with the reason why not."""
        if isinstance(parsed, Reject):
            detail, raw = _unicode(parsed.detail), _unicode(record.raw)
            where = (source, record.file, record.line)
            self.quarantined.append((*where, parsed.reason, detail, raw))
            return
        name = self._free(_unicode(parsed.id) or f"{Path(record.file).name}:{record.line}")
        messages = tuple(Message(m.role, _unicode(m.content)) for m in parsed.messages)
        topics = tuple(_unicode(topic) for topic in parsed.topics)
        talk = replace(parsed, id=name, messages=messages, topics=topics)
        self.conversations.append((source, talk))

    def _free(self, name: str) -> str:
        """The name, or the first of name~2, name~3, … that nobody has yet."""
        free, number = name, 1
        while free in self.taken:
            number += 1
            free = f"{name}~{number}"
        self.renamed += free != name
        self.taken.add(free)
        return free


def ingest(
    params: IngestParams, sources: Path, turns: Path, quarantine: Path, report: Path
) -> None:
    """Read every source; write the turns table, the quarantine and the counts.

    `sources` is the pin of the files' digests: DVC runs this stage again when it changes.
    """
    intake = Intake()
    per_source: dict[str, dict[str, int]] = {}
    for at, source in enumerate(params.sources):
        before = len(intake.conversations), len(intake.quarantined)
        name = _read(source, at, params.builtin, intake)
        read = len(intake.conversations) - before[0]
        bad = len(intake.quarantined) - before[1]
        per_source[source.path] = {"conversations": read, "quarantined": bad}
        say(f"ingest: {source.path} as {name}: {read:,} conversations, {bad:,} quarantined")
    if not intake.conversations:
        raise UserError(f"no conversation in any source; {_reasons(intake) or 'they are empty'}")
    table = _table(intake)
    write_table(table, turns)
    write_table(pl.DataFrame(intake.quarantined, schema=QUARANTINE, orient="row"), quarantine)
    write_json(report, _report(intake, table, per_source))


def _table(intake: Intake) -> pl.DataFrame:
    """Turns of all conversations, in the order of the sources."""
    names = dict.fromkeys(source for source, _ in intake.conversations)
    tables = [turns_of((t for s, t in intake.conversations if s == name), name) for name in names]
    return pl.concat(tables)


def _read(source: Source, at: int, builtin: Builtin, intake: Intake) -> str:
    """Read one source into the intake; returns the name of its format."""
    if source.path == BUILTIN:
        for record in _builtin(builtin):
            intake.add(source.path, record, FORMATS["messages"].parse(record.value))
        return "messages"
    chosen: Format | None = format_named(source.format, at) if source.format else None
    for path in find_files(source, at):
        for record in read_records(path):
            if record.problem:
                intake.add(source.path, record, record.problem)
                continue
            chosen = chosen or _detect(record, source, at)
            intake.add(source.path, record, chosen.parse(record.value))
    return chosen.name if chosen else "nothing"


def _builtin(builtin: Builtin) -> Iterator[Record]:
    from chatloop.corpus import generate

    corpus = generate(builtin.conversations, builtin.seed)
    for at, record in enumerate(corpus.records, start=1):
        yield Record(BUILTIN, at, json.dumps(record, ensure_ascii=False), record)


def _detect(record: Record, source: Source, at: int) -> Format:
    fitting = formats_that_fit(record.value)
    if len(fitting) != 1:
        found = f"fits {' and '.join(fitting)}" if fitting else "fits no known format"
        raise UserError(
            f"ingest.sources[{at}]: {source.path}: {record.file} line {record.line} {found}; "
            f"name its format: {', '.join(sorted(FORMATS))}"
        )
    return FORMATS[fitting[0]]


def _unicode(text: str) -> str:
    """Text that UTF-8 can hold: half of a surrogate pair, which JSON allows, becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _reasons(intake: Intake) -> str:
    counts = Counter(row[3] for row in intake.quarantined)
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items()))


def _report(
    intake: Intake, table: pl.DataFrame, per_source: dict[str, dict[str, int]]
) -> dict[str, object]:
    reasons = Counter(row[3] for row in intake.quarantined)
    return {
        "records_read": len(intake.conversations) + len(intake.quarantined),
        "conversations": len(intake.conversations),
        "turns": table.height,
        "quarantined": len(intake.quarantined),
        "quarantined_by_reason": dict(sorted(reasons.items())),
        "ids_renamed": intake.renamed,
        "sources": per_source,
    }


if __name__ == "__main__":
    main(ingest)
