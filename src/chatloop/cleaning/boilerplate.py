"""Lines that the desk's software adds to everything, found by how often they come back.

    Your parcel left today.                            Your parcel left today.
    This message was sent by Acme. Do not reply.   →

A line counts only where a turn has several: the one line of a turn is what somebody said, and
people say the same things often.
"""

import polars as pl

from chatloop.params import CleanParams


def without_boilerplate(turns: pl.DataFrame, params: CleanParams) -> pl.Series:
    """Content without the repeated lines; a turn that has no others keeps them."""
    lines = _lines(turns)
    repeated = boilerplate_lines(lines, params)
    rest = (
        lines.filter(~pl.col("line").str.strip_chars().is_in(repeated.implode()))
        .group_by("row", maintain_order=True)
        .agg(pl.col("line").str.join("\n"))
        .select("row", _tidy(pl.col("line")).alias("rest"))
        .filter(pl.col("rest") != "")
    )
    joined = turns.select("content").with_row_index("row").join(rest, on="row", how="left")
    return joined.sort("row").select(pl.coalesce("rest", "content").alias("content")).to_series()


def boilerplate_lines(lines: pl.DataFrame, params: CleanParams) -> pl.Series:
    """The lines of `min_words` words or more that `min_conversations` or more have."""
    line = pl.col("line").str.strip_chars()
    return (
        lines.group_by(line)
        .agg(pl.col("conversation_id").n_unique().alias("conversations"))
        .filter(pl.col("conversations") >= params.boilerplate.min_conversations)
        .filter(pl.col("line").str.count_matches(r"\S+") >= params.boilerplate.min_words)
        .get_column("line")
    )


def _lines(turns: pl.DataFrame) -> pl.DataFrame:
    """One row a line, of the turns that have more than one: row, conversation_id, line."""
    return (
        turns.select("conversation_id", pl.col("content").alias("line"))
        .with_row_index("row")
        .filter(pl.col("line").str.contains("\n", literal=True))
        .with_columns(pl.col("line").str.split("\n"))
        .explode("line")
    )


def _tidy(content: pl.Expr) -> pl.Expr:
    return content.str.replace_all(r"\n{3,}", "\n\n").str.strip_chars()
