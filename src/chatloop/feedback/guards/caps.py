"""First come, first believed: of those who share something, at most so many.

    number  caller  day           at most 2 of a caller
    1       h:5e    20775         stays
    2       h:5e    20775         stays
    4       h:5e    20776         over

Opinions come in the order of their row numbers; a clock that jumps changes no order.
"""

from collections.abc import Sequence
from statistics import median

import polars as pl

from chatloop.params.feedback import Sudden

# Seconds of a day, and days of a history.
_DAY, _HISTORY = 86_400, 28


def day_of(created: str = "created") -> pl.Expr:
    """The day of a time in seconds, as days since 1970 in UTC."""
    return (pl.col(created) // _DAY).cast(pl.Int64).alias("day")


def over(table: pl.DataFrame, by: Sequence[str], cap: int) -> pl.DataFrame:
    """Numbers of the rows that come after the first `cap` with the same values in `by`.

    Args:
        table: `number` and the columns of `by`, one row an opinion (and what it shares).
        by: rows without a value there share nothing.
        cap: how many stay.
    """
    known = table.filter(pl.all_horizontal(pl.col(*by).is_not_null())).sort("number", *by)
    place = pl.int_range(pl.len()).over(*by, order_by="number")
    return known.filter(place >= cap).select("number").unique().sort("number")


def sudden(table: pl.DataFrame, params: Sudden) -> pl.DataFrame:
    """Numbers of opinions on days with far more of them than before, of callers who are new then.

    Args:
        table: number, caller, day. A day is before another when its first row is.
        params: how many days a history has, and what is far more.
    """
    days = table.group_by("day").agg(pl.len().alias("rows"), pl.col("number").min().alias("first"))
    days = days.sort("first").with_columns(limit=_limits(days.sort("first")["rows"], params))
    of_callers = table.join(days.select("day", "first", "rows", "limit"), on="day")
    since = pl.col("first").min().over("caller")
    late = of_callers.filter((pl.col("rows") > pl.col("limit")) & (pl.col("first") == since))
    return late.select("number").sort("number")


def _limits(rows: pl.Series, params: Sudden) -> pl.Series:
    """For each day, how many rows are usual, by the days before; null without a history."""
    limits: list[float | None] = []
    for at in range(len(rows)):
        before = rows[max(0, at - _HISTORY) : at].to_list()
        usual = median(before) if at >= params.history_days else None
        limits.append(usual and max(float(params.min_rows), params.factor * usual))
    return pl.Series("limit", limits, dtype=pl.Float64)
