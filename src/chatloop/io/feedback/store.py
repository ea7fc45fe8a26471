"""The server's store as the snapshot reads it: opinions with their exchanges, by row number.

with opened(params.serve.store) as engine:
    StoreLog(engine).ranges(50_000)  →  {0: (41_207, 1_030_112_009)}
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from sqlalchemy import Engine, Select, Text, cast, func, select
from sqlalchemy.exc import SQLAlchemyError

from chatloop.errors import UnreachableError
from chatloop.feedback.table import MESSAGES, SNAPSHOT
from chatloop.io.feedback.snapshot import snapshot
from chatloop.params.serving import StoreParams
from chatloop.serve.store.opening import FILE, database_url, open_database
from chatloop.serve.store.tables import EXCHANGES, FEEDBACK

BATCH = 10_000


class StoreLog:
    """A database as a `Log`; no more than a batch of rows is in memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ranges(self, size: int) -> Mapping[int, tuple[int, int]]:
        """By `number // size`, how many opinions there are, and the sum of their numbers."""
        at, number = FEEDBACK.c.number // size, FEEDBACK.c.number
        wanted = select(at, func.count(), func.sum(number)).group_by(at)
        with self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return {int(at): (int(count), int(total)) for at, count, total in rows}

    def rows(self, first: int, last: int) -> Iterator[pl.DataFrame]:
        """Opinions from `first` to `last`, both included, in tables of SNAPSHOT."""
        wanted = _opinions().where(FEEDBACK.c.number.between(first, last))
        with self._engine.connect().execution_options(yield_per=BATCH) as connection:
            for rows in connection.execute(wanted).partitions():
                yield _table([tuple(row) for row in rows])


@contextmanager
def opened(params: StoreParams) -> Iterator[Engine | None]:
    """The store's database; None where nothing was ever kept.

    Raises:
        UserError: the URL or its driver is wrong.
        UnreachableError: the database does not answer.
    """
    url = database_url(params.url, Path(params.folder))
    if params.url is None and not (Path(params.folder) / FILE).is_file():
        yield None
        return
    try:
        engine = open_database(url)
        try:
            yield engine
        finally:
            engine.dispose()
    except SQLAlchemyError as error:
        first = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise UnreachableError(f"serve.store: the database does not answer ({first})") from error


def take_snapshot(params: StoreParams, folder: Path, pin: Path) -> str:
    """Copy what is new in the store; returns one line for a person.

    Raises:
        UserError: the store is another one than the snapshot was made from.
        UnreachableError: as `opened` says.
    """
    with opened(params) as engine:
        if engine is None:
            return "feedback: there is no store yet; `chatloop serve` makes one"
        return snapshot(StoreLog(engine), folder, pin)


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
