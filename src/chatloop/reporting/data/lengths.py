"""How long turns are: a table that a plot of DVC shows.

    words │ turns │ user │ assistant │ system
    01–05 │ 812   │ 640  │ 172       │ 0
    06–10 │ 5,210 │ …

Bins of five words, so that two revisions have the same bars, and one without an end.
"""

import polars as pl

_BIN, _BINS = 5, 20


def histogram(turns: pl.DataFrame) -> pl.DataFrame:
    """Turns by their number of words, all and by role: words, turns, user, assistant, system."""
    words = pl.col("content").str.count_matches(r"\S+").cast(pl.Int64)
    place = ((words - 1).clip(0) // _BIN).clip(0, _BINS - 1).alias("place")
    roles = [pl.col("role").eq(role).sum().alias(role) for role in ("user", "assistant", "system")]
    counted = turns.group_by(place).agg(pl.len().alias("turns"), *roles)
    labels = [f"{n * _BIN + 1:02}–{n * _BIN + _BIN:02}" for n in range(_BINS - 1)]
    bins = pl.DataFrame({"words": [*labels, f"{(_BINS - 1) * _BIN + 1}+"]})
    places = bins.with_columns(place=pl.int_range(_BINS, dtype=pl.Int64))
    joined = places.join(counted, on="place", how="left", maintain_order="left")
    return joined.drop("place").fill_null(0)


def added(bars: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """The histogram of both."""
    return bars.with_columns(bars[name] + more[name] for name in bars.columns if name != "words")
