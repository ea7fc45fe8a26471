"""Exchanges, a question and its answer: which are repeated, and which of the test are known.

    conversation_id │ turn │ exchange          text
    shop-00001      │ 0    │ shop-00001:0      where is my parcel? … it left us today.
    shop-00417      │ 0    │ shop-00001:0      where's my parcel? … it left us today.

What stands in the training data cannot be tested: a held-out text is known when most of its word
shingles are there, wherever they stand (as for GPT-3, Brown et al. 2020, appendix C).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from chatloop.duplicates.near import near_duplicates
from chatloop.duplicates.shingling import WORD, shingles
from chatloop.params.data import Contamination, NearDuplicates

_KEY = ("conversation_id", "turn")


@dataclass(frozen=True)
class Repeats:
    """Of `exchanges`, how many say what an earlier one says: word for word, and nearly."""

    exchanges: int
    exact: int
    near: int


@dataclass(frozen=True)
class Known:
    """Of `judged` held-out texts, long enough to be told apart, `known` stand in the training."""

    judged: int
    known: int

    @property
    def share(self) -> float:
        """0.0 where none could be judged."""
        return round(self.known / max(1, self.judged), 6)


def exchanges(turns: pl.DataFrame) -> pl.DataFrame:
    """A row an answer, sorted: conversation_id, turn (the question's), `question` and `answer`."""
    said = pl.col("content").str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()
    before = [pl.col(name).shift(1).over("conversation_id") for name in ("role", "turn")]
    return (
        turns.sort(_KEY)
        .with_columns(said, before[0].alias("asker"), before[1].alias("asked"))
        .with_columns(pl.col("content").shift(1).over("conversation_id").alias("question"))
        .filter((pl.col("role") == "assistant") & (pl.col("asker") == "user"))
        .select("conversation_id", pl.col("asked").alias("turn"), "question", answer="content")
    )


def clustered(turns: pl.DataFrame, params: NearDuplicates) -> tuple[pl.DataFrame, Repeats]:
    """The turns with `exchange`, the first of the cluster that question and answer belong to.

    Null on turns that belong to none.
    """
    found = exchanges(turns)
    whole = found.select(pl.format("{}\n{}", "question", "answer")).to_series()
    cluster = near_duplicates(whole, params)
    name = pl.format("{}:{}", "conversation_id", "turn").alias("exchange")
    named = found.select(*_KEY, name).with_columns(pl.col("exchange").gather(cluster))
    both = pl.concat([named, named.with_columns(pl.col("turn") + 1)])
    joined = turns.join(both, on=_KEY, how="left", maintain_order="left")
    near = int((cluster != np.arange(len(cluster))).sum())
    return joined, Repeats(len(whole), len(whole) - whole.n_unique(), near)


def known(held_out: pl.Series, training: pl.Series, params: Contamination) -> Known:
    """How many of the texts that have a shingle at all have enough of theirs in `training`."""
    words = params.shingle_words
    texts = held_out.filter(held_out.str.count_matches(WORD) >= words)
    if texts.is_empty():
        return Known(0, 0)
    there = np.unique(
        shingles(training.filter(training.str.count_matches(WORD) >= words), words)[0]
    )
    mine, offsets = shingles(texts, words)
    found = np.concatenate(([0], np.cumsum(np.isin(mine, there))))
    overlap = np.diff(found[offsets]) / np.diff(offsets)
    return Known(len(texts), int((overlap >= params.min_overlap).sum()))
