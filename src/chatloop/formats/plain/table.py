"""Rows of CSV, TSV or Parquet, with params that say what the columns are.

{"frage": "When do you open?", "antwort": "At nine."}
    columns: {question: frage, answer: antwort}
{"conversation_id": "c-1", "role": "user", "content": "Hi"}
    columns: {conversation: conversation_id, role: role, content: content}, as if nothing is said
"""

from chatloop.conversation import Message, Reject
from chatloop.formats.format import Parsed
from chatloop.formats.plain.ordering import ranks
from chatloop.formats.turns import (
    CHAT,
    finished,
    first,
    kind,
    message,
    not_an_object,
    objects,
    whole,
)
from chatloop.params.sources import Columns, Source

OPTIONS = frozenset({"columns", "speakers"})
TURNS = Columns(conversation="conversation_id", role="role", content="content")
_SHOWN = 12


def fits(record: object) -> bool:
    """Whether a row is a turn in the columns that need no mapping."""
    return isinstance(record, dict) and {"conversation_id", "role", "content"} <= record.keys()


def key(record: object, source: Source) -> str | None:
    """The conversation that a row belongs to, where a row is a turn."""
    columns = source.columns or TURNS
    if columns.conversation is None or not isinstance(record, dict):
        return None
    name = record.get(columns.conversation)
    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        return None
    return name if isinstance(name, str) else f"{name:#x}" if name >> 64 else f"{name}"


def parse(record: object, source: Source) -> list[Parsed]:
    """A question and its answer from one row, or a conversation from its rows."""
    columns = source.columns or TURNS
    rows = objects(record if isinstance(record, list) else [record])
    if not rows:
        return [*not_an_object(record)]
    missing = [name for name in _named(columns) if any(name not in row for row in rows)]
    if missing:
        there = ", ".join(sorted(map(str, rows[0]))[:_SHOWN])
        return [Reject("no_column", f"no column {missing[0]!r}; there are: {there}")]
    if columns.conversation is None:
        return [*_pair(rows[0], columns)]
    if key(rows[0], source) is None:
        return [
            Reject("bad_id", f"column {columns.conversation!r} is empty or neither text nor number")
        ]
    return [*_turns(rows, columns, source)]


def _named(columns: Columns) -> list[str]:
    return [name for name in columns.model_dump().values() if name is not None]


def _pair(row: dict[str, object], columns: Columns) -> list[Parsed]:
    names = {"system": columns.system, "user": columns.question, "assistant": columns.answer}
    cells = {role: row[name] for role, name in names.items() if name is not None}
    for cell in cells.values():
        if not isinstance(cell, str | None):
            return [Reject("not_text", f"a cell is {kind(cell)}, not text")]
    if not cells["user"] or not cells["assistant"]:
        return [Reject("no_answer", "question or answer is empty")]
    said = [("system", cells["system"])] if cells.get("system") else []
    pairs = [*said, ("user", cells["user"]), ("assistant", cells["assistant"])]
    turns = whole(message(role, cell, CHAT, _PLAIN, at) for at, (role, cell) in enumerate(pairs))
    return [*finished(row[columns.id] if columns.id else None, turns, _topic(row, columns))]


_PLAIN = Source(path="-")


def _turns(rows: list[dict[str, object]], columns: Columns, source: Source) -> list[Parsed]:
    ordered = _in_order(rows, columns.turn)
    if isinstance(ordered, Reject):
        return [ordered]
    turns = whole(_turn(row, at, columns, source) for at, row in enumerate(ordered))
    return [*finished(key(rows[0], source), turns, _topic(rows[0], columns))]


def _turn(row: dict[str, object], at: int, columns: Columns, source: Source) -> Message | Reject:
    content = row[str(columns.content)]
    if not isinstance(content, str | None):
        return Reject("not_text", f"turn {at}: its cell is {kind(content)}, not text")
    return message(row[str(columns.role)], content, CHAT, source, at)


def _in_order(
    rows: list[dict[str, object]], column: str | None
) -> list[dict[str, object]] | Reject:
    """Rows by a column of numbers, times or texts of one shape; else as they are."""
    if column is None:
        return rows
    found = ranks([row[column] for row in rows])
    if found is None:
        return Reject(
            "bad_order",
            f"column {column!r} holds neither numbers nor ISO times nor texts of one shape "
            "throughout; leave `turn` out where rows stand in order",
        )
    return [rows[at] for at in sorted(range(len(rows)), key=found.__getitem__)]


def _topic(row: dict[str, object], columns: Columns) -> object:
    if columns is TURNS:
        return first(row, "topics", "topic")
    return (row[columns.topic] or None) if columns.topic else None
