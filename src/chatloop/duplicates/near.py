"""Conversations as texts to compare: what was said, and not how it was typed.

user  Where is   my parcel?  │ assistant  It left today.   →   where is my parcel?⏎it left …
"""

import polars as pl

_KEY = ("conversation_id", "turn")


def spoken(turns: pl.DataFrame) -> pl.DataFrame:
    """The turns, sorted, and their content as it is compared: lower case, blanks as one space."""
    plain = pl.col("content").str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()
    return turns.sort(_KEY, maintain_order=True).with_columns(plain)


def transcripts(turns: pl.DataFrame) -> pl.DataFrame:
    """One row a conversation, sorted: conversation_id and `transcript`, lower case, a line a turn.

    Without system turns: the same prompt over every conversation makes no twins of them.
    """
    return transcripts_of(spoken(turns))


def transcripts_of(said: pl.DataFrame) -> pl.DataFrame:
    """The transcripts of turns that are `spoken`."""
    whole = (
        said.filter(pl.col("role") != "system")
        .group_by("conversation_id", maintain_order=True)
        .agg(pl.col("content").str.join("\n").alias("transcript"))
    )
    everyone = said.select(pl.col("conversation_id").unique(maintain_order=True))
    joined = everyone.join(
        whole, on="conversation_id", how="left", nulls_equal=True, maintain_order="left"
    )
    return joined.with_columns(pl.col("transcript").fill_null(""))
