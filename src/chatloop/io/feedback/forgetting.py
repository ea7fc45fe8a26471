"""Somebody's rows out of the store and the snapshot; what stays is a keyed hash and a number.

forgotten: 12 opinions and 31 exchanges of h:1f0c… left the store, 12 rows left the snapshot
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Engine, delete, func, or_, select

from chatloop.io.feedback.manifest import (
    Forgotten,
    Manifest,
    Part,
    read_manifest,
    read_part,
    write_manifest,
)
from chatloop.io.feedback.snapshot import RANGE, remove_others, write_part
from chatloop.serve.store.opening import alone
from chatloop.serve.store.secret import Pepper
from chatloop.serve.store.tables import EXCHANGES, FEEDBACK


@dataclass(frozen=True)
class Gone:
    """How many rows left each place."""

    opinions: int
    exchanges: int
    rows: int


def callers_of(engine: Engine, pepper: Pepper, keys: Sequence[str], user: str) -> list[str]:
    """The hashes that a user has, one for each key and chat framework that may have named him."""
    with engine.connect() as connection:
        sources = connection.execute(select(EXCHANGES.c.source).distinct()).scalars().all()
    owners = [*keys, *(f"connector:{source}" for source in sources)]
    imported = pepper.hash("user", "import", user)
    names = [pepper.caller(key, user) for key in owners]
    return [*names, *(f"{pepper.caller(key, None)}:{imported}" for key in owners)]


def sessions_of(engine: Engine, pepper: Pepper, user: str) -> list[str]:
    """The hashes of the conversations that frameworks named after him."""
    with engine.connect() as connection:
        sources = connection.execute(select(EXCHANGES.c.source).distinct()).scalars().all()
    return [pepper.hash("session", source, user) for source in sources]


def forget(
    engine: Engine | None, callers: Sequence[str], sessions: Sequence[str], folder: Path, pin: Path
) -> Gone:
    """Remove what these said and asked, and what others said of it.

    The snapshot first: what is killed in between is done by the next call.
    """
    known = read_manifest(pin)
    ids = _asked(engine, callers, sessions) if engine else []
    parts, tombs, rows = [], [*known.forgotten], 0
    for part in known.parts:
        left, gone = _without(part, callers, ids, folder)
        parts += [left] if left else []
        tombs += [one for one in gone if one.rows]
        rows += sum(one.rows for one in gone)
    until = max(known.last, _last(engine))
    manifest = Manifest(parts=parts, forgotten=_merged(tombs, callers, until))
    write_manifest(pin, manifest)
    if folder.is_dir():
        remove_others(folder, manifest)
    opinions, exchanges = _removed(engine, callers, ids) if engine else (0, 0)
    return Gone(opinions, exchanges, rows)


def _without(
    part: Part, callers: Sequence[str], ids: Sequence[str], folder: Path
) -> tuple[Part | None, list[Forgotten]]:
    """The part without them, and how many rows went for each."""
    rows = read_part(part)
    whose = pl.when(pl.col("caller").is_in(callers)).then("caller").otherwise(
        pl.when(pl.col("asked_by").is_in(callers)).then("asked_by")
    )  # fmt: skip
    theirs = whose.is_not_null() | pl.col("exchange_id").is_in(ids)
    gone = rows.filter(theirs).group_by(whose.fill_null(callers[0]).alias("of")).len().sort("of")
    if gone.is_empty():
        return part, []
    tombs = [Forgotten(caller=of, rows=many, until=part.last) for of, many in gone.iter_rows()]
    return write_part(rows.filter(~theirs), part.first // RANGE, folder), tombs


def _merged(tombs: Iterable[Forgotten], callers: Sequence[str], until: int) -> list[Forgotten]:
    """One for each caller of whom anything went, up to the last number that there was."""
    rows: dict[str, tuple[int, int]] = {}
    for one in tombs:
        many, last = rows.get(one.caller, (0, 0))
        rows[one.caller] = (many + one.rows, max(last, one.until))
    return [
        Forgotten(caller=name, rows=many, until=until if name in callers else last)
        for name, (many, last) in sorted(rows.items())
    ]


def _asked(engine: Engine, callers: Sequence[str], sessions: Sequence[str]) -> list[str]:
    theirs = or_(EXCHANGES.c.caller.in_(callers), EXCHANGES.c.session.in_(sessions))
    with engine.connect() as connection:
        return list(connection.execute(select(EXCHANGES.c.id).where(theirs)).scalars())


def _last(engine: Engine | None) -> int:
    if engine is None:
        return 0
    with engine.connect() as connection:
        return int(connection.execute(select(func.max(FEEDBACK.c.number))).scalar() or 0)


def _removed(engine: Engine, callers: Sequence[str], ids: Sequence[str]) -> tuple[int, int]:
    with engine.begin() as connection:
        alone(connection, immediate=True)
        opinions = connection.execute(
            delete(FEEDBACK).where(FEEDBACK.c.caller.in_(callers))
        ).rowcount
        exchanges = 0
        for at in range(0, len(ids), 500):
            opinions += _delete(connection, ids[at : at + 500])
            some = EXCHANGES.c.id.in_(ids[at : at + 500])
            exchanges += connection.execute(delete(EXCHANGES).where(some)).rowcount
    _shrink(engine)
    return opinions, exchanges


def _delete(connection: Connection, ids: Sequence[str]) -> int:
    about = FEEDBACK.c.exchange_id.in_(ids)
    return int(connection.execute(delete(FEEDBACK).where(about)).rowcount)


def _shrink(engine: Engine) -> None:
    """SQLite keeps what was deleted in free pages and in its log, until it is told not to."""
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
