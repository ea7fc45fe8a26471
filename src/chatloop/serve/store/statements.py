"""What the writer does in its transaction: exchanges and opinions become rows.

kept = add_feedback(connection, opinion)    Kept(Feedback("fb-…", …), "3"), or why not
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from chatloop.feedback.record import Exchange, Feedback
from chatloop.serve.store.secret import owner
from chatloop.serve.store.tables import EXCHANGES, FEEDBACK


class UnknownExchangeError(Exception):
    """There is no such exchange, or it is somebody else's: both look the same from outside."""


class OtherBodyError(Exception):
    """The idempotency key was used for another opinion."""


@dataclass(frozen=True)
class Opinion:
    """What is to be kept: `feedback` with its texts, `body` a keyed hash of what was sent.

    Where `external_id` is given, it names the exchange, by the framework's own id of the response.
    """

    feedback: Feedback
    body: str
    external_id: str | None = None


@dataclass(frozen=True)
class Kept:
    """What is on the disk now, or was before, and the version that it is about."""

    feedback: Feedback
    version: str


def add_exchange_once(connection: Connection, exchange: Exchange) -> None:
    """A row, where it is not there already: an attempt before may have come through."""
    try:
        with connection.begin_nested():
            connection.execute(insert(EXCHANGES), exchange_row(exchange))
    except IntegrityError:
        return


def add_feedback(connection: Connection, opinion: Opinion) -> Kept:
    """A row, or the one that is there already for the same idempotency key.

    Raises:
        UnknownExchangeError: the exchange is not known, or was somebody else's.
        OtherBodyError: the key was used before, for something else.
    """
    found = _exchange(connection, opinion)
    feedback = opinion.feedback
    if found is None or owner(found.caller) != owner(feedback.caller):
        raise UnknownExchangeError
    if feedback.idempotency_key is not None:
        before = connection.execute(
            select(FEEDBACK).where(
                FEEDBACK.c.caller == feedback.caller,
                FEEDBACK.c.idempotency_key == feedback.idempotency_key,
            )
        ).one_or_none()
        if before is not None:
            if before.body != opinion.body:
                raise OtherBodyError
            return Kept(feedback_of(before), found.version)
    row = feedback_row(feedback) | {"exchange_id": found.id, "body": opinion.body}
    connection.execute(insert(FEEDBACK), row)
    kept = Feedback(**{**_fields(feedback), "exchange_id": found.id})
    return Kept(kept, found.version)


def _exchange(connection: Connection, opinion: Opinion) -> Any:
    wanted = select(EXCHANGES.c.id, EXCHANGES.c.version, EXCHANGES.c.caller)
    if opinion.external_id is None:
        wanted = wanted.where(EXCHANGES.c.id == opinion.feedback.exchange_id)
    else:
        source = EXCHANGES.c.source == opinion.feedback.source
        named = EXCHANGES.c.external_id == opinion.external_id
        wanted = wanted.where(source, named).order_by(EXCHANGES.c.number.desc()).limit(1)
    return connection.execute(wanted).one_or_none()


def exchange_row(exchange: Exchange) -> dict[str, Any]:
    """Columns by name."""
    row = _fields(exchange)
    if exchange.messages is not None:
        row["messages"] = [{"role": m.role, "content": m.content} for m in exchange.messages]
    return row


def feedback_row(feedback: Feedback) -> dict[str, Any]:
    """Columns by name."""
    return _fields(feedback) | {"tags": list(feedback.tags)}


def feedback_of(row: Any) -> Feedback:
    """The value of a row."""
    fields = {name: getattr(row, name) for name in Feedback.__dataclass_fields__}
    return Feedback(**{**fields, "tags": tuple(fields["tags"])})


def _fields(value: Exchange | Feedback) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
