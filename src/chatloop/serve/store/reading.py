"""The store as others read it: in the order of writing, some at a time, from where they stopped.

for batch in read_feedback(database, after=17):
    [(18, Feedback("fb-01…", "chatcmpl-9f…", "up", …)), …]
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, Table, select

from chatloop.conversation import Message
from chatloop.feedback.record import Exchange, Feedback
from chatloop.serve.store.statements import feedback_of
from chatloop.serve.store.tables import EXCHANGES, FEEDBACK

BATCH = 1000


def read_exchanges(
    engine: Engine, after: int = 0, batch: int = BATCH
) -> Iterator[list[tuple[int, Exchange]]]:
    """Exchanges with their numbers, those above `after`, at most `batch` in memory at a time."""
    for rows in _rows(engine, EXCHANGES, after, batch):
        yield [(row.number, exchange_of(row)) for row in rows]


def read_feedback(
    engine: Engine, after: int = 0, batch: int = BATCH
) -> Iterator[list[tuple[int, Feedback]]]:
    """Opinions with their numbers; of two by one caller on one exchange, the later one counts."""
    for rows in _rows(engine, FEEDBACK, after, batch):
        yield [(row.number, feedback_of(row)) for row in rows]


def exchange_of(row: Any) -> Exchange:
    """The value of a row."""
    fields = {name: getattr(row, name) for name in Exchange.__dataclass_fields__}
    if fields["messages"] is not None:
        fields["messages"] = tuple(Message(m["role"], m["content"]) for m in fields["messages"])
    return Exchange(**fields)


def _rows(engine: Engine, table: Table, after: int, batch: int) -> Iterator[Sequence[Any]]:
    """A short transaction a batch: the writer is never kept waiting."""
    while True:
        wanted = select(table).where(table.c.number > after).order_by(table.c.number).limit(batch)
        with engine.connect() as connection:
            rows = connection.execute(wanted).all()
        if not rows:
            return
        yield rows
        after = rows[-1].number
