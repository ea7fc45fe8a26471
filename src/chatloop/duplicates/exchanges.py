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
from numpy.typing import NDArray

from chatloop.duplicates.near import spoken
from chatloop.duplicates.shingling import Hashes, Rows, shingles
from chatloop.params.data import Contamination

_KEY = ("conversation_id", "turn")
_NAME = pl.format("{}:{}", *_KEY)
_NO_HASHES, _NO_SIZES = np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
# Of the bits that look shingles up, so many more than it takes to number them, but no more in all.
_SPARE_BITS, _MOST_BITS = 3, 24


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
    return exchanges_of(spoken(turns))


def exchanges_of(turns: pl.DataFrame) -> pl.DataFrame:
    """The exchanges of turns that are `spoken`."""
    answers = (pl.col("role") == "assistant") & (pl.col("role").shift(1) == "user")
    inside = pl.col("conversation_id") == pl.col("conversation_id").shift(1)
    rows = turns.select(answers & inside).to_series().arg_true()
    asked, answered = turns[rows - 1], turns[rows]
    return asked.select("conversation_id", "turn", question="content", answer=answered["content"])


def said(found: pl.DataFrame) -> pl.Series:
    """Question and answer of each exchange as one text."""
    return found.select(pl.format("{}\n{}", "question", "answer").alias("said")).to_series()


def repeats_of(found: pl.DataFrame, cluster: Rows) -> pl.DataFrame:
    """Exchanges that repeat one before them: conversation_id, turn, and that one as `first`."""
    rows = np.flatnonzero(cluster != np.arange(len(cluster)))
    first = found[cluster[rows]].select(_NAME.alias("first"))
    return found[rows].select(_KEY).hstack(first)


def with_exchange(turns: pl.DataFrame, found: pl.DataFrame, repeated: pl.DataFrame) -> pl.DataFrame:
    """The turns with `exchange`, the first of those that say the same; null outside of exchanges.

    `found` are the turns' own exchanges; what `repeats_of` says may be of these and others.
    """
    own = found.select(*_KEY, _NAME.alias("own"))
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
        self._all: _Looked | None = None

    def hold_out(self, texts: pl.Series) -> None:
        """Texts that are to be judged, as far as they have a shingle at all."""
        hashes, offsets = self._shingles(texts)
        sizes = np.diff(offsets)
        self._held.append(hashes)
        self._sizes.append(sizes[sizes > 0])

    def train(self, texts: pl.Series) -> None:
        """Texts of the training data."""
        self._looked().see(self._shingles(texts)[0])

    def known(self) -> Known:
        """Those of which enough was told to be in the training data."""
        sizes = np.concatenate([_NO_SIZES, *self._sizes])
        if not len(sizes):
            return Known(0, 0)
        there = self._looked().seen(np.concatenate(self._held))
        shared = np.add.reduceat(there, np.cumsum(sizes) - sizes, dtype=np.int64)
        return Known(len(sizes), int((shared / sizes >= self._params.min_overlap).sum()))

    def _looked(self) -> "_Looked":
        if self._all is None:
            self._all = _Looked(np.concatenate([_NO_HASHES, *self._held]))
        return self._all

    def _shingles(self, texts: pl.Series) -> tuple[Hashes, Rows]:
        return shingles(texts, self._params.shingle_words, short=False)


class _Looked:
    """Shingles that are looked for, and which of them were seen."""

    def __init__(self, hashes: Hashes) -> None:
        self._all = np.unique(hashes)
        self._found = np.zeros(len(self._all), dtype=np.bool_)
        # Most of what is seen is not looked for: a table of the first bits says so at once.
        bits = min(len(self._all).bit_length() + _SPARE_BITS, _MOST_BITS)
        self._shift = np.uint64(64 - bits)
        self._perhaps = np.zeros(1 << bits, dtype=np.bool_)
        self._perhaps[self._places(self._all)] = True

    def see(self, hashes: Hashes) -> None:
        """Mark those that are looked for."""
        likely = hashes[self._perhaps[self._places(hashes)]]
        if len(likely):
            at = np.minimum(np.searchsorted(self._all, likely), len(self._all) - 1)
            self._found[at[self._all[at] == likely]] = True

    def seen(self, hashes: Hashes) -> NDArray[np.bool_]:
        """For each of those that are looked for, whether it was seen."""
        return np.asarray(self._found[np.searchsorted(self._all, hashes)])

    def _places(self, hashes: Hashes) -> Rows:
        return (hashes >> self._shift).astype(np.int64)
