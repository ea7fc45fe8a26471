"""The database: SQLite in WAL in the store's folder, or any that SQLAlchemy reaches by URL.

open_database(database_url(None, Path("data/store")))   →  an engine, its tables up to date
"""

# ruff: noqa: PLC0415  (alembic is for those who bring tables up to date, not for all who read)

import importlib.resources
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from chatloop.errors import UserError
from chatloop.serve.guard.keys import make_private

FILE = "chatloop.db"
BUSY_MILLISECONDS = 5000
LOCK = 0x63686174  # "chat": one number for everybody who migrates or writes


def database_url(url: str | None, folder: Path) -> URL:
    """Where the database is.

    Raises:
        UserError: the URL cannot be read, or has a password in it.
    """
    if url is None:
        return URL.create("sqlite", database=str((folder / FILE).absolute()))
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UserError(
            "serve.store.url: is no database URL; as in postgresql+psycopg://chatloop@db/chatloop"
        ) from error
    if parsed.password:
        raise UserError("serve.store.url: leave the password out; the environment has PGPASSWORD")
    return parsed


def connect(url: URL) -> Engine:
    """An engine that has opened nothing yet.

    Raises:
        UserError: its driver is not installed.
    """
    try:
        engine = create_engine(url, pool_pre_ping=True, pool_size=2)
    except (ImportError, NoSuchModuleError) as error:
        raise UserError(
            f"serve.store.url: the driver of {url.drivername} is not installed; for PostgreSQL "
            "pip install 'chatloop[postgresql]'"
        ) from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _durable)
    return engine


def open_database(url: URL) -> Engine:
    """An engine whose tables are as this release wants them.

    Raises:
        UserError: the database was written by a newer release, or the driver is missing.
        sqlalchemy.exc.SQLAlchemyError: it cannot be reached.
    """
    if url.get_backend_name() == "sqlite" and url.database:
        make_private(Path(url.database).parent)
    engine = connect(url)
    migrate(engine)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables up to date; those who come at the same time wait for each other."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    folder = importlib.resources.files("chatloop.serve.store") / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    try:
        with engine.connect() as connection:
            alone(connection, immediate=True)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except CommandError as error:
        raise UserError(
            "serve.store: the database was written by a newer chatloop; update this one"
        ) from error


def alone(connection: Connection, *, immediate: bool = False) -> None:
    """One writer at a time, so that row numbers become visible in their order."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    elif connection.dialect.name == "sqlite" and immediate:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _durable(connection: object, _record: object) -> None:
    """What was acknowledged outlives kill -9 and a power cut; readers never wait for the writer."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.close()
