"""Lines that the desk's software adds to everything, found by how often they come back.

    Your parcel left today.                            Your parcel left today.
    This message was sent by Acme. Do not reply.   →

A line counts only where a turn has several: the one line of a turn is what somebody said, and
people say the same things often.
"""

import polars as pl

from chatloop.params import CleanParams

_MARKS = pl.Schema({"line": pl.UInt64, "conversations": pl.Int64})
_LINE = pl.col("line").str.strip_chars()


class LineCounts:
    """In how many conversations each line stands; told in parts, it keeps hashes and numbers."""

    def __init__(self) -> None:
        self._counts, self._new = _MARKS.to_frame(), [_MARKS.to_frame()]

    def add(self, turns: pl.DataFrame, params: CleanParams) -> None:
        """Whole conversations that were not told before."""
        said = _lines(turns).filter(_LINE.str.count_matches(r"\S+") >= params.boilerplate.min_words)
        counted = said.group_by(_LINE.hash()).agg(
            pl.col("conversation_id").n_unique().cast(pl.Int64).alias("conversations")
        )
        self._new.append(counted)
        # Summed up when as many are new as there are, so that each is looked at a few times only.
        if sum(part.height for part in self._new) > self._counts.height:
            self._sum()

    def repeated(self, params: CleanParams) -> pl.Series:
        """Hashes of the lines that `min_conversations` or more have."""
        self._sum()
        often = pl.col("conversations") >= params.boilerplate.min_conversations
        return self._counts.filter(often)["line"]

    def _sum(self) -> None:
        every = pl.concat([self._counts, *self._new])
        self._counts = every.group_by("line").agg(pl.col("conversations").sum())
        self._new = [_MARKS.to_frame()]


def without_lines(turns: pl.DataFrame, repeated: pl.Series) -> pl.Series:
    """Content without the lines of these hashes; a turn that has no others keeps them."""
    rest = (
        _lines(turns)
        .filter(~_LINE.hash().is_in(repeated.implode()))
        .group_by("row", maintain_order=True)
        .agg(pl.col("line").str.join("\n"))
        .select("row", _tidy(pl.col("line")).alias("rest"))
        .filter(pl.col("rest") != "")
    )
    joined = turns.select("content").with_row_index("row").join(rest, on="row", how="left")
    return joined.sort("row").select(pl.coalesce("rest", "content").alias("content")).to_series()


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
