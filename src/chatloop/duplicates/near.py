"""Conversations as texts to compare: what was said, and not how it was typed.

user  Where is   my parcel?  │ assistant  It left today.   →   where is my parcel?⏎it left …
"""

import polars as pl

_CONTENT, _KEY = pl.col("content"), ("conversation_id", "turn")


def spoken(turns: pl.DataFrame) -> pl.DataFrame:
    """The turns, sorted, and their content as it is compared: lower case, blanks as one space."""
    # Most turns have one space between words and nothing else; what is null costs nothing.
    untidy = pl.when(_CONTENT.str.contains(r"[^\S ]|  ")).then(_CONTENT)
    plain = pl.coalesce(untidy.str.replace_all(r"\s+", " "), _CONTENT)
    return turns.sort(_KEY, maintain_order=True).with_columns(
        plain.str.strip_chars().str.to_lowercase().alias("content")
    )


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
