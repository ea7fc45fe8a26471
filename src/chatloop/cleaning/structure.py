"""Turns put in order: who speaks when is mended, and what that costs in turns is counted.

    assistant  Welcome!            user       Where is it? Hello?     roles_mended: 1 turn less
    user       Where is it?    →   assistant  It left us.             turns_merged: 1 turn less
    user       Hello?                                                 exchange_trimmed: 1 turn less
    assistant  It left us.
    user       Thanks.

All three are off unless `clean.repairs` names them: then the rules reject such a conversation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

ROLE, ID = pl.col("role"), "conversation_id"
_KEY = (ID, "turn")


@dataclass(frozen=True)
class Restructuring:
    """`apply` gives a table with as many turns less as `name` counts."""

    name: str
    apply: Callable[[pl.DataFrame], pl.DataFrame]


def roles_mended(turns: pl.DataFrame) -> pl.DataFrame:
    """One system turn, first, that says what all of them said; then the first that a user says."""
    system = ROLE == "system"
    first = pl.when(system).then(0).otherwise(pl.col("turn") + 1)
    asked = (ROLE == "user").cum_max().over(ID, order_by="turn")
    ordered = turns.filter(system | asked | ~(ROLE == "user").any().over(ID))
    return _joined(ordered.with_columns(first.cast(pl.Int32).alias("turn")))


def turns_merged(turns: pl.DataFrame) -> pl.DataFrame:
    """What one side says in several turns in a row is one turn, a line each."""
    turns = turns.sort(_KEY)
    speech = (ROLE.shift(1) != ROLE).fill_null(value=True).cum_sum().over(ID)
    return _joined(turns.with_columns(speech.cast(pl.Int32).alias("turn")))


def exchange_trimmed(turns: pl.DataFrame) -> pl.DataFrame:
    """A conversation ends with its last answer; one without an answer stays as it is."""
    answered = pl.col("turn").filter(ROLE == "assistant").max().over(ID)
    return turns.filter(answered.is_null() | (pl.col("turn") <= answered))


RESTRUCTURINGS = (
    Restructuring("roles_mended", roles_mended),
    Restructuring("turns_merged", turns_merged),
    Restructuring("exchange_trimmed", exchange_trimmed),
)


def _joined(turns: pl.DataFrame) -> pl.DataFrame:
    """Turns of the same number become one, a line each, and all are numbered anew."""
    others = [name for name in turns.columns if name not in {*_KEY, "content"}]
    joined = turns.group_by(_KEY, maintain_order=True).agg(
        *(pl.col(name).first() for name in others), pl.col("content").str.join("\n")
    )
    numbered = joined.sort(_KEY).with_columns(pl.int_range(pl.len()).over(ID).alias("turn"))
    return numbered.select(turns.columns).cast(turns.schema)
