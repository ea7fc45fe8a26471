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
from chatloop.duplicates.shingling import WORD, Hashes, Rows, shingles
from chatloop.params.data import Contamination, NearDuplicates

_KEY = ("conversation_id", "turn")
_NAME = pl.format("{}:{}", *_KEY)
_NO_HASHES = np.empty(0, dtype=np.uint64)


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
    plain = pl.col("content").str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()
    before = [pl.col(name).shift(1).over("conversation_id") for name in ("role", "turn")]
    return (
        turns.sort(_KEY)
        .with_columns(plain, before[0].alias("asker"), before[1].alias("asked"))
        .with_columns(pl.col("content").shift(1).over("conversation_id").alias("question"))
        .filter((pl.col("role") == "assistant") & (pl.col("asker") == "user"))
        .select("conversation_id", pl.col("asked").alias("turn"), "question", answer="content")
    )


def said(found: pl.DataFrame) -> pl.Series:
    """Question and answer of each exchange as one text."""
    return found.select(pl.format("{}\n{}", "question", "answer").alias("said")).to_series()


def clustered(turns: pl.DataFrame, params: NearDuplicates) -> tuple[pl.DataFrame, Repeats]:
    """The turns with `exchange`, the first of the cluster that question and answer belong to.

    Null on turns that belong to none.
    """
    found = exchanges(turns)
    texts = said(found)
    cluster = near_duplicates(texts, params)
    repeated = repeats_of(found.select(_KEY), cluster)
    counts = Repeats(len(texts), len(texts) - texts.n_unique(), repeated.height)
    return with_exchange(turns, repeated), counts


def repeats_of(found: pl.DataFrame, cluster: Rows) -> pl.DataFrame:
    """Exchanges that repeat one before them: conversation_id, turn, and that one as `first`."""
    rows = np.flatnonzero(cluster != np.arange(len(cluster)))
    first = found[cluster[rows]].select(_NAME.alias("first"))
    return found[rows].select(_KEY).hstack(first)


def with_exchange(turns: pl.DataFrame, repeated: pl.DataFrame) -> pl.DataFrame:
    """The turns with `exchange`, by what `repeats_of` says of these and others."""
    own = exchanges(turns).select(*_KEY, _NAME.alias("own"))
    named = own.join(repeated, on=_KEY, how="left", maintain_order="left").select(
        *_KEY, pl.coalesce("first", "own").alias("exchange")
    )
    both = pl.concat([named, named.with_columns(pl.col("turn") + 1)])
    return turns.join(both, on=_KEY, how="left", maintain_order="left")


class Familiarity:
    """How many held-out texts stand in the training data, both told in parts, the former first.

    In memory are the shingles of what is held out, and no others.
    """

    def __init__(self, params: Contamination) -> None:
        self._params = params
        self._held: list[Hashes] = []
        self._sizes: list[Rows] = []
        self._all: Hashes | None = None
        self._there = np.zeros(0, dtype=np.bool_)

    def hold_out(self, texts: pl.Series) -> None:
        """Texts that are to be judged, as far as they have a shingle at all."""
        hashes, offsets = self._shingles(texts)
        self._held.append(hashes)
        self._sizes.append(np.diff(offsets))

    def train(self, texts: pl.Series) -> None:
        """Texts of the training data."""
        if self._all is None:
            self._all = np.unique(np.concatenate(self._held or [_NO_HASHES]))
            self._there = np.zeros(len(self._all), dtype=np.bool_)
        if len(self._all):
            hashes = self._shingles(texts)[0]
            at = np.minimum(np.searchsorted(self._all, hashes), len(self._all) - 1)
            self._there[at[self._all[at] == hashes]] = True

    def known(self) -> Known:
        """Those of which enough was told to be in the training data."""
        sizes = np.concatenate(self._sizes or [np.empty(0, dtype=np.int64)])
        if not len(sizes) or self._all is None:
            return Known(len(sizes), 0)
        found = [self._there[np.searchsorted(self._all, part)] for part in self._held]
        ends = np.concatenate(([0], np.cumsum(np.concatenate(found))))
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        overlap = np.diff(ends[offsets]) / sizes
        return Known(len(sizes), int((overlap >= self._params.min_overlap).sum()))

    def _shingles(self, texts: pl.Series) -> tuple[Hashes, Rows]:
        words = self._params.shingle_words
        return shingles(texts.filter(texts.str.count_matches(WORD) >= words), words)


def known(held_out: pl.Series, training: pl.Series, params: Contamination) -> Known:
    """How many of the texts that have a shingle at all have enough of theirs in `training`."""
    both = Familiarity(params)
    both.hold_out(held_out)
    both.train(training)
    return both.known()
