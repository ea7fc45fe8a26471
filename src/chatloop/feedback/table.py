"""The snapshot's table: a row an opinion, with the exchange that it is about beside it.

    number │ feedback_id │ exchange_id  │ version │ rating │ correction     │ caller │ messages, …
    17     │ fb-01J…     │ chatcmpl-9f… │ 3       │ down   │ Returns: 30 d. │ h:5e1… │ [{user, …}]

`number` is the row's in the store: it orders opinions, whatever the clock said meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from chatloop.feedback.record import Exchange, Feedback

MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
_COLUMNS: dict[str, type[pl.DataType] | pl.DataType] = {
    "number": pl.Int64,
    "feedback_id": pl.String,
    "exchange_id": pl.String,
    "rating": pl.String,
    "correction": pl.String,
    "comment": pl.String,
    "tags": pl.List(pl.String),
    "caller": pl.String,
    "source": pl.String,
    "created": pl.Float64,
    # Of the exchange; null where the store does not have it.
    "version": pl.String,
    "fingerprint": pl.String,
    "asked_by": pl.String,
    "asked_through": pl.String,
    "session": pl.String,
    "external_id": pl.String,
    "messages": MESSAGES,
    "answer": pl.String,
}
SNAPSHOT = pl.Schema(_COLUMNS)


@dataclass(frozen=True)
class Said:
    """An opinion, its row number, and the exchange that it is about, where that is known."""

    number: int
    feedback: Feedback
    exchange: Exchange | None


def table_of(opinions: Iterable[Said]) -> pl.DataFrame:
    """Opinions as rows of the snapshot, in order of their number."""
    rows = [_row(one) for one in opinions]
    return pl.DataFrame(rows, schema=SNAPSHOT, orient="row").sort("number")


def _row(said: Said) -> tuple[object, ...]:
    one = said.feedback
    opinion = (one.rating, one.correction, one.comment, list(one.tags))
    return (
        said.number,
        one.id,
        one.exchange_id,
        *opinion,
        one.caller,
        one.source,
        one.created,
        *_exchange(said.exchange),
    )


def _exchange(one: Exchange | None) -> tuple[object, ...]:
    if one is None:
        return (None,) * 8
    turns = one.messages
    messages = turns and [{"role": turn.role, "content": turn.content} for turn in turns]
    asked = (one.caller, one.source, one.session, one.external_id)
    return (one.version, one.fingerprint, *asked, messages, one.answer)
