"""The store of served answers, as the monitor asks it: SQL that counts, and the newest prompts.

with open_store(Path("state/store/chatloop.db"), None) as store:
    store.exchanges()  →  1_000_000

Tables `exchanges` and `feedback` of `serve.store`, whose `number` is the order of writing. What is
asked is bounded by that number, so that a store of any size costs about the same.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chatloop.errors import UnreachableError
from chatloop.monitoring.thumbs import Votes

# So many rows back at most: of the opinions, and of the exchanges for those with their texts.
VOTED, EXCHANGES = 50_000, 100_000

NEWEST = """
SELECT caller, messages FROM exchanges
WHERE number > (SELECT COALESCE(MAX(number), 0) FROM exchanges) - :back AND messages IS NOT NULL
ORDER BY number DESC LIMIT :newest
"""
# Of each caller and answer the latest thumb, by number: a clock may jump.
VOTES = """
SELECT f.caller, f.created >= :since,
       SUM(CASE WHEN f.rating = 'up' THEN 1 ELSE 0 END),
       SUM(CASE WHEN f.rating = 'down' THEN 1 ELSE 0 END)
FROM feedback f JOIN exchanges e ON e.id = f.exchange_id
WHERE e.version = :version AND f.number IN (
    SELECT MAX(number) FROM feedback
    WHERE rating IS NOT NULL
      AND number > (SELECT COALESCE(MAX(number), 0) FROM feedback) - :back
    GROUP BY caller, exchange_id)
GROUP BY 1, 2
"""
GIVEN = """
SELECT COALESCE(SUM(CASE WHEN n > :most THEN :most ELSE n END), 0) FROM (
    SELECT COUNT(DISTINCT exchange_id) AS n FROM feedback
    WHERE number > :after AND created >= :since GROUP BY caller) AS by_caller
"""
COUNTED = "SELECT COALESCE(MAX(number), 0) FROM exchanges"


class Served:
    """The store behind an open connection, never written to."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def exchanges(self) -> int:
        """Answers that were ever kept."""
        return int(self._ask(COUNTED)[0][0])

    def prompts(self, newest: int) -> Sequence[tuple[str, str]]:
        """(caller, what the user said last), the newest first."""
        rows = self._ask(NEWEST, newest=newest, back=max(EXCHANGES, newest))
        said = ((caller, _last_said(messages)) for caller, messages in rows)
        return [(caller, text) for caller, text in said if text is not None]

    def votes(self, version: str, since: float) -> tuple[list[Votes], list[Votes]]:
        """Thumbs on a version's answers by caller: given from `since` on, and before."""
        rows = self._ask(VOTES, version=version, since=since, back=VOTED)
        found = [(bool(late), Votes(caller, up, down)) for caller, late, up, down in rows]
        return [v for late, v in found if late], [v for late, v in found if not late]

    def opinions(self, since: float, after: int, per_caller: int) -> int:
        """Answers with feedback numbered above `after` and given from `since` on; of one caller at
        most so many count."""
        return int(self._ask(GIVEN, since=since, after=after, most=per_caller)[0][0])

    def _ask(self, question: str, **values: float | str) -> Sequence[Any]:
        from sqlalchemy import text

        rows: Sequence[Any] = self._connection.execute(text(question), values).all()
        return rows


@contextmanager
def open_store(file: Path, url: str | None) -> Iterator[Served | None]:
    """The store, for reading only; None where none was made yet.

    Raises:
        UnreachableError: the database does not answer.
    """
    if url is None and not file.is_file():
        yield None
        return
    from sqlalchemy import create_engine, inspect, make_url
    from sqlalchemy.exc import SQLAlchemyError

    where = make_url(url or f"sqlite:///{file.resolve()}")
    try:
        engine = create_engine(where)
        with engine.connect() as connection:
            if where.get_backend_name() == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = ON")
            there = inspect(connection).has_table("exchanges")
            yield Served(connection) if there else None
    except (SQLAlchemyError, ImportError) as error:
        name = where.render_as_string(hide_password=True)
        kind = type(error).__name__
        raise UnreachableError(f"the store at {name} does not answer ({kind})") from error


def _last_said(messages: Any) -> str | None:
    """Of a conversation so far, what the user said last; SQLite gives it as text, others parsed."""
    turns = json.loads(messages) if isinstance(messages, str | bytes) else messages
    if not isinstance(turns, list):
        return None
    said = (turn.get("content") for turn in reversed(turns) if turn.get("role") == "user")
    text = next(said, None)
    return text if isinstance(text, str) else None
