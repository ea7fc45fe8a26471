"""The store as others read it: a method a question, which the database itself answers.

    with reading(params.serve.store) as store:
        store.ranges(50_000)     →  {0: (41_207, 1_030_112_009)}       for the snapshot
        store.prompts(1000)      →  [("h:5e1c…", "Where is it?"), …]   for the monitor
        store.feedback(after=4)  →  (5, Feedback("fb-01…", …)), …      for who goes on from there

The server writes it (`serve.store`), and `number` is the order of writing, whatever its clock said.
What the monitor asks is bounded by that number, so that a store of any size costs about the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import (
    URL,
    Engine,
    Select,
    Table,
    Text,
    case,
    cast,
    event,
    func,
    inspect,
    null,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from chatloop.conversation import Message
from chatloop.errors import UnreachableError
from chatloop.feedback.record import Exchange, Feedback
from chatloop.feedback.table import MESSAGES, SNAPSHOT
from chatloop.monitoring.thumbs import Votes
from chatloop.params.serving import StoreParams
from chatloop.serve.store.opening import FILE, connect, database_url, open_database
from chatloop.serve.store.statements import feedback_of
from chatloop.serve.store.tables import EXCHANGES, FEEDBACK

BATCH = 10_000
# So many rows back at most: of the opinions, and of the exchanges for those with their texts.
VOTED, NEWEST = 50_000, 100_000


class Reader:
    """Reads a database; no more than a batch of rows is in memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def exchanges(self, after: int = 0) -> Iterator[tuple[int, Exchange]]:
        """Exchanges numbered above `after`, in order."""
        wanted = select(EXCHANGES).where(EXCHANGES.c.number > after).order_by(EXCHANGES.c.number)
        return ((row.number, exchange_of(row)) for row in self._stream(wanted))

    def feedback(self, after: int = 0) -> Iterator[tuple[int, Feedback]]:
        """Opinions numbered above `after`; of two by a caller on an exchange the later counts."""
        wanted = select(FEEDBACK).where(FEEDBACK.c.number > after).order_by(FEEDBACK.c.number)
        return ((row.number, feedback_of(row)) for row in self._stream(wanted))

    def ranges(self, size: int) -> Mapping[int, tuple[int, int]]:
        """By `number // size`, how many opinions there are, and the sum of their numbers."""
        at, number = FEEDBACK.c.number // size, FEEDBACK.c.number
        rows = self._all(select(at, func.count(), func.sum(number)).group_by(at))
        return {int(at): (int(count), int(total)) for at, count, total in rows}

    def rows(self, first: int, last: int) -> Iterator[pl.DataFrame]:
        """Opinions from `first` to `last`, both included, in tables of SNAPSHOT."""
        wanted = _opinions().where(FEEDBACK.c.number.between(first, last))
        with self._engine.connect().execution_options(yield_per=BATCH) as connection:
            for rows in connection.execute(wanted).partitions():
                yield _table([tuple(row) for row in rows])

    def prompts(self, newest: int) -> Sequence[tuple[str, str]]:
        """(caller, what the user said last) of those that kept their texts, the newest first."""
        asked = EXCHANGES.c
        since = _last(EXCHANGES) - max(NEWEST, newest)
        kept = select(asked.caller, asked.messages).where(asked.number > since)
        kept = kept.where(asked.messages.is_not(null())).order_by(asked.number.desc())
        said = ((who, _last_said(turns)) for who, turns in self._all(kept.limit(newest)))
        return [(who, text) for who, text in said if text is not None]

    def votes(self, version: str, since: float) -> tuple[list[Votes], list[Votes]]:
        """Thumbs on a version's answers by caller: given from `since` on, and before."""
        rows = self._all(_votes(version, since))
        found = [(bool(late), Votes(who, up, down)) for who, late, up, down in rows]
        return [v for late, v in found if late], [v for late, v in found if not late]

    def opinions(self, since: float, after: int, per_caller: int) -> int:
        """Answers with feedback numbered above `after` and given from `since` on; of one caller at
        most so many count."""
        said = FEEDBACK.c
        each = select(func.count(said.exchange_id.distinct()).label("n"))
        each = each.where(said.number > after, said.created >= since).group_by(said.caller)
        many = each.subquery().c.n
        most = case((many > per_caller, per_caller), else_=many)
        return int(self._all(select(func.coalesce(func.sum(most), 0)))[0][0])

    def _all(self, wanted: Select[Any]) -> Sequence[Any]:
        with self._engine.connect() as connection:
            return connection.execute(wanted).all()

    def _stream(self, wanted: Select[Any]) -> Iterator[Any]:
        with self._engine.connect().execution_options(yield_per=BATCH) as connection:
            yield from connection.execute(wanted)


@contextmanager
def reading(params: StoreParams) -> Iterator[Reader | None]:
    """The store as it is, for reading only; None where there is none yet. Raises as `opened`."""
    with _engine(params, _connect) as engine:
        there = engine is not None and inspect(engine).has_table(EXCHANGES.name)
        yield Reader(engine) if engine is not None and there else None


@contextmanager
def opened(params: StoreParams) -> Iterator[Engine | None]:
    """The store's database, up to date and open for all; None where nothing was ever kept.

    Raises:
        UserError: the URL or its driver is wrong.
        UnreachableError: the database does not answer.
    """
    with _engine(params, open_database) as engine:
        yield engine


def _connect(url: URL) -> Engine:
    engine = connect(url)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", lambda one, _: one.execute("PRAGMA query_only = ON"))
    return engine


@contextmanager
def _engine(params: StoreParams, open_: Callable[[URL], Engine]) -> Iterator[Engine | None]:
    url = database_url(params.url, Path(params.folder))
    if params.url is None and not (Path(params.folder) / FILE).is_file():
        yield None
        return
    try:
        engine = open_(url)
        try:
            yield engine
        finally:
            engine.dispose()
    except SQLAlchemyError as error:
        first = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise UnreachableError(f"serve.store: the database does not answer ({first})") from error


def exchange_of(row: Any) -> Exchange:
    """The value of a row."""
    fields = {name: getattr(row, name) for name in Exchange.__dataclass_fields__}
    if fields["messages"] is not None:
        fields["messages"] = tuple(Message(m["role"], m["content"]) for m in fields["messages"])
    return Exchange(**fields)


def _last(table: Table) -> Any:
    return select(func.coalesce(func.max(table.c.number), 0)).scalar_subquery()


def _votes(version: str, since: float) -> Select[Any]:
    """Of each caller and answer the latest thumb, by number: a clock may jump."""
    said = FEEDBACK.c
    latest = select(func.max(said.number)).where(said.rating.is_not(None))
    latest = latest.where(said.number > _last(FEEDBACK) - VOTED)
    latest = latest.group_by(said.caller, said.exchange_id)
    thumbs = (func.sum(case((said.rating == thumb, 1), else_=0)) for thumb in ("up", "down"))
    late = (said.created >= since).label("late")
    joined = FEEDBACK.join(EXCHANGES, EXCHANGES.c.id == said.exchange_id)
    votes = select(said.caller, late, *thumbs).select_from(joined)
    votes = votes.where(EXCHANGES.c.version == version, said.number.in_(latest))
    return votes.group_by(said.caller, late.name)


def _opinions() -> Select[tuple[object, ...]]:
    """Columns in the order of SNAPSHOT; what is JSON comes as text."""
    asked, said = EXCHANGES.c, FEEDBACK.c
    opinion = (said.number, said.id, said.exchange_id, said.rating, said.correction, said.comment)
    who = (cast(said.tags, Text), said.caller, said.source, said.created)
    model = (asked.version, asked.fingerprint, asked.caller, asked.source, asked.session)
    texts = (asked.external_id, cast(asked.messages, Text), asked.answer)
    joined = FEEDBACK.outerjoin(EXCHANGES, asked.id == said.exchange_id)
    columns = (*opinion, *who, *model, *texts)
    return select(*columns).select_from(joined).order_by(said.number)


def _table(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    json = ("tags", "messages")
    as_text = pl.Schema(
        {name: pl.String() if name in json else of for name, of in SNAPSHOT.items()}
    )
    table = pl.DataFrame(rows, schema=as_text, orient="row")
    return table.with_columns(
        pl.col("tags").str.json_decode(pl.List(pl.String)),
        pl.col("messages").str.json_decode(MESSAGES),
    )


def _last_said(turns: Any) -> str | None:
    """Of a conversation so far, what the user said last."""
    if not isinstance(turns, list):
        return None
    said = (turn.get("content") for turn in reversed(turns) if turn.get("role") == "user")
    text = next(said, None)
    return text if isinstance(text, str) else None
