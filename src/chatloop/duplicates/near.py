"""Near-duplicates: texts that share most of their word shingles, grouped into clusters.

0  my lamp arrived broken can i return it please
1  hello my lamp arrived broken can i return it    →  clusters [0, 0, 2]
2  where is my parcel
"""

from tempfile import TemporaryFile
from typing import BinaryIO, cast

import polars as pl

from chatloop.duplicates.index import TwinIndex
from chatloop.duplicates.shingling import Rows
from chatloop.params.data import NearDuplicates

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


def near_duplicates(texts: pl.Series, params: NearDuplicates) -> Rows:
    """For each text the row of the first text of its cluster; its own row where it has no twin.

    A cluster is what is connected by twins: the twin of a twin belongs to it.
    """
    with TemporaryFile() as spill:
        index = TwinIndex(params, cast("BinaryIO", spill))
        index.add(texts)
        return index.clusters()
