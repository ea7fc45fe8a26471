"""Records of a source as its format wants them: unpacked, rows of one conversation together.

{"conversation_id": "c-1", …}, {"conversation_id": "c-2", …}, {"conversation_id": "c-1", …}
    →  [{"conversation_id": "c-2", …}], [{"conversation_id": "c-1", …}, {… "c-1", …}]
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from chatloop.conversation import Reject
from chatloop.formats.format import Format
from chatloop.io.sources import records_by_file
from chatloop.io.sources.record import Record, raw_of
from chatloop.params.sources import Source

# Enough to tell a format from a broken record, few enough to cost nothing.
_FILES, _RECORDS = 20, 50


def sample(source: Source, at: int) -> Iterator[tuple[str, object]]:
    """The first records of the first files, and where they stand."""
    for records in islice(records_by_file(source, at), _FILES):
        for record in islice(records, _RECORDS):
            if record.problem is None:
                yield f"{record.file} line {record.line}", record.value


def gather(source: Source, at: int, chosen: Format) -> Iterator[Record]:
    """Every record of a source, in the order of its files."""
    texts = _texts(source, at, chosen)
    if chosen.key is None:
        for records in records_by_file(source, at, chosen.text):
            yield from _unpacked(records, chosen, texts)
        return
    # Twice over each file: with the rows of each conversation counted, one can go as soon as it is
    # whole, and no more is in memory than what is still open.
    twice = records_by_file(source, at, chosen.text), records_by_file(source, at, chosen.text)
    for counted, records in zip(*twice, strict=True):
        names = (_key(record, chosen, source) for record in _unpacked(counted, chosen, texts))
        rows = Counter(name for name in names if name is not None)
        yield from _grouped(_unpacked(records, chosen, texts), rows, chosen, source)


def _texts(source: Source, at: int, chosen: Format) -> Mapping[str, str]:
    if chosen.lookup is None:
        return {}
    files = records_by_file(source, at, chosen.text)
    return chosen.lookup(record.value for records in files for record in records)


def _unpacked(
    records: Iterator[Record], chosen: Format, texts: Mapping[str, str]
) -> Iterator[Record]:
    """Records within records; of these, `line` counts what the document holds."""
    if chosen.unpack is None:
        yield from records
        return
    for record in records:
        held = [record.value] if record.problem else chosen.unpack(record.value, texts)
        if len(held) == 1 and held[0] is record.value:
            yield record
            continue
        for number, value in enumerate(held, start=1):
            line = number if record.line == 1 else record.line
            yield replace(record, line=line, raw=raw_of(value), value=value)


def _key(record: Record, chosen: Format, source: Source) -> str | None:
    if record.value is None or chosen.key is None:
        return None
    return chosen.key(record.value, source)


def _grouped(
    records: Iterator[Record], rows: Mapping[str, int], chosen: Format, source: Source
) -> Iterator[Record]:
    """Rows of one conversation as one record, as soon as its last row is there."""
    held: dict[str, list[Record]] = {}
    for record in records:
        name = _key(record, chosen, source)
        if name is None:
            yield record
            continue
        together = held.setdefault(name, [])
        together.append(record)
        if len(together) == rows[name]:
            yield _joined(held.pop(name))


def _joined(rows: list[Record]) -> Record:
    """A conversation that lacks one of its rows is no conversation: it goes with that row."""
    first = rows[0]
    raw = "\n".join(row.raw for row in rows)
    broken = next((row for row in rows if row.problem), None)
    if broken is None or broken.problem is None:
        return Record(first.file, first.line, raw, [row.value for row in rows])
    why = f"its row in line {broken.line}: {broken.problem.detail}"
    problem = broken.problem if len(rows) == 1 else Reject(broken.problem.reason, why)
    return Record(first.file, first.line, raw, None, problem)
