"""A data set in numbers: how long, about what, in which words, from where, and what is new in it.

    {"conversations": 3336, "turns": 19706, "turn_words": [812, 5210, …], "topics": {"returns": 244,
     …}, "languages": {"en": 3336}, "vocabulary": {"words": 231002, "distinct": 4112, "buckets":
     […]}, "sources": {"builtin": {"conversations": 3336, "ids": "base64 …"}}}

No text is in it: words are counted in buckets by their hash, ids are hashes. So it can be pinned in
git, and a later data set held against it.
"""

from base64 import b64decode, b64encode
from collections import Counter
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chatloop.cleaning.text.languages import languages, without_names
from chatloop.duplicates.near import transcripts
from chatloop.duplicates.shingling import WORD

# Upper ends of the bins, in words of a turn and in turns of a conversation.
TURN_WORDS = (2, 5, 10, 15, 20, 30, 50, 100, 200)
TALK_TURNS = (2, 4, 6, 8, 12, 16, 24, 40)
_BUCKETS = 1024
# Of a source with more conversations, those with the lowest hashes stand for all.
_SKETCH = 16_384
_SAMPLE = 5_000
Hashes = NDArray[np.uint64]
Counts = NDArray[np.int64]
_NO_MARKS: Hashes = np.empty(0, dtype=np.uint64)


class Profiler:
    """The numbers of turns that are told in parts, each of whole conversations.

    Beside counts stay 16,384 marks a source, 5,000 transcripts and a hash of each different word.
    """

    def __init__(self) -> None:
        self._conversations = self._turns = self._words = self._named = 0
        self._turn_words = np.zeros(len(TURN_WORDS) + 1, dtype=np.int64)
        self._talk_turns = np.zeros(len(TALK_TURNS) + 1, dtype=np.int64)
        self._topics: Counter[str] = Counter()
        self._buckets = np.zeros(_BUCKETS, dtype=np.int64)
        self._distinct, self._new = _NO_MARKS, [_NO_MARKS]
        self._sample = pl.DataFrame(schema={"rank": pl.UInt64, "transcript": pl.String})
        self._sources: dict[str, tuple[int, Hashes]] = {}

    def add(self, turns: pl.DataFrame) -> None:
        """Conversations that were not told before."""
        talks = (
            turns.group_by("conversation_id")
            .agg(pl.len(), pl.col("source", "topics").first())
            .join(transcripts(turns), on="conversation_id")
        )
        words = turns["content"].str.count_matches(r"\S+")
        self._conversations += talks.height
        self._turns += turns.height
        self._turn_words += _bins(words, TURN_WORDS)
        self._talk_turns += _bins(talks["len"], TALK_TURNS)
        self._add_topics(talks["topics"])
        self._add_words(turns.filter(pl.col("role") != "system")["content"])
        ranks = pl.Series("rank", [_rank(name) for name in talks["conversation_id"]], pl.UInt64)
        self._add_sample(talks.select(ranks, "transcript"))
        self._add_sources(talks.select(ranks, "transcript", "source"))

    def profile(self, topics: dict[str, int]) -> dict[str, Any]:
        """The numbers of all; `topics` are given or found, conversations of each."""
        self._merge_words()
        return {
            "conversations": self._conversations,
            "turns": self._turns,
            "turn_words": self._turn_words.tolist(),
            "talk_turns": self._talk_turns.tolist(),
            "topics": topics,
            "languages": self._languages(),
            "vocabulary": {
                "words": self._words,
                "distinct": len(self._distinct),
                "buckets": self._buckets.tolist(),
            },
            "sources": {
                name: {"conversations": count, "ids": b64encode(_packed(marks)).decode()}
                for name, (count, marks) in sorted(self._sources.items())
            },
        }

    def given_topics(self) -> dict[str, int]:
        """Conversations of each topic, the most first; empty where fewer than half have one."""
        if self._named * 2 < self._conversations:
            return {}
        return dict(sorted(self._topics.items(), key=lambda item: (-item[1], item[0])))

    @property
    def sample(self) -> pl.Series:
        """Transcripts of at most 5,000 conversations, those with the lowest hashes of their ids."""
        return self._sample["transcript"]

    def _languages(self) -> dict[str, int]:
        """Conversations of each language; of very many, of those that a hash chooses."""
        said = self._sample.select(without_names(pl.col("transcript"))).to_series()
        counted = languages(said).value_counts()
        return dict(counted.sort(["count", "language"], descending=[True, False]).iter_rows())

    def _add_topics(self, given: pl.Series) -> None:
        named = given.filter(given.list.len() > 0)
        self._named += len(named)
        self._topics.update(named.list.unique().explode().drop_nulls().to_list())

    def _add_words(self, spoken: pl.Series) -> None:
        said = spoken.str.to_lowercase().str.extract_all(WORD).explode().drop_nulls()
        counted = said.alias("word").value_counts(name="count")
        ranks = np.array([_rank(word) for word in counted["word"]], dtype=np.uint64)
        np.add.at(self._buckets, ranks % np.uint64(_BUCKETS), counted["count"].to_numpy())
        self._words += len(said)
        self._new.append(ranks)
        # Merged when as many are new as there are, so that each is looked at a few times only.
        if sum(map(len, self._new)) > len(self._distinct):
            self._merge_words()

    def _merge_words(self) -> None:
        self._distinct, self._new = np.unique(np.concatenate([self._distinct, *self._new])), []

    def _add_sample(self, talks: pl.DataFrame) -> None:
        self._sample = pl.concat([self._sample, talks]).sort("rank").head(_SAMPLE)

    def _add_sources(self, talks: pl.DataFrame) -> None:
        """Of each source a hash of each id and text, the lowest ones."""
        for (name,), part in talks.partition_by("source", as_dict=True).items():
            texts = np.array([_rank(text) for text in part["transcript"]], dtype=np.uint64)
            ids = part["rank"].to_numpy() >> np.uint64(24) << np.uint64(24)
            count, marks = self._sources.get(str(name), (0, _NO_MARKS))
            lowest = np.sort(np.concatenate([marks, ids | texts >> np.uint64(40)]))[:_SKETCH]
            self._sources[str(name)] = count + part.height, lowest


def news(current: dict[str, Any], accepted: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By source: conversations that are new, changed (the same id says other things) and gone.

    Exact up to 16,384 conversations of a source, an estimate from so many above.
    """
    found = {}
    before = accepted.get("sources") or {}
    for name in sorted({*current["sources"], *before}):
        mine, theirs = (side.get(name, _NO_SOURCE) for side in (current["sources"], before))
        found[name] = _compared(mine, theirs)
    return found


def _compared(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    (ids, texts), (old_ids, old_texts) = (_opened(side["ids"]) for side in (mine, theirs))
    # Where a side is a sketch, both are looked at only as far as it reaches.
    sketched = [i for i, side in ((ids, mine), (old_ids, theirs)) if len(i) < side["conversations"]]
    reach = min((int(i[-1]) for i in sketched), default=2**40)
    here, there = ids[ids <= reach], old_ids[old_ids <= reach]
    both, at, was = np.intersect1d(here, there, return_indices=True)
    changed = int((texts[at] != old_texts[was]).sum())
    scale = mine["conversations"] / len(here) if sketched and len(here) else 1.0
    return {
        "conversations": mine["conversations"],
        "new": round((len(here) - len(both)) * scale),
        "changed": round(changed * scale),
        "gone": round((len(there) - len(both)) * scale),
        "exact": not sketched,
    }


def _bins(values: pl.Series, ends: tuple[int, ...]) -> Counts:
    places = np.searchsorted(np.asarray(ends), values.to_numpy(), side="left")
    return np.bincount(places, minlength=len(ends) + 1)


def _packed(marks: Hashes) -> bytes:
    return marks.astype("<u8").tobytes()


def _opened(ids: str) -> tuple[Hashes, Hashes]:
    """40 bits of the id and 24 of the text of each conversation."""
    marks = np.frombuffer(b64decode(ids), dtype="<u8").astype(np.uint64)
    return marks >> np.uint64(24), marks & np.uint64(2**24 - 1)


def _rank(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


_NO_SOURCE: dict[str, Any] = {"conversations": 0, "ids": ""}
