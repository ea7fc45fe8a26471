"""A data set in numbers: how long, about what, in which words, from where, and what is new in it.

    {"conversations": 3336, "turns": 19706, "turn_words": [812, 5210, …], "topics": {"returns": 244,
     …}, "languages": {"en": 3336}, "vocabulary": {"words": 231002, "distinct": 4112, "buckets":
     […]}, "sources": {"builtin": {"conversations": 3336, "ids": "base64 …"}}}

No text is in it: words are counted in buckets by their hash, ids are hashes. So it can be pinned in
git, and a later data set held against it.
"""

from base64 import b64decode, b64encode
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chatloop.cleaning.languages import languages
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


def profile(turns: pl.DataFrame, topics: dict[str, int]) -> dict[str, Any]:
    """The numbers of a turns table; `topics` are given or found, conversations of each."""
    talks = turns.group_by("conversation_id").agg(pl.len(), pl.col("source").first())
    words = pl.col("content").str.count_matches(r"\S+")
    return {
        "conversations": talks.height,
        "turns": turns.height,
        "turn_words": _bins(turns.select(words).to_series(), TURN_WORDS),
        "talk_turns": _bins(talks["len"], TALK_TURNS),
        "topics": topics,
        "languages": _languages(turns),
        "vocabulary": _vocabulary(turns),
        "sources": _sources(turns),
    }


def given_topics(turns: pl.DataFrame) -> dict[str, int]:
    """Conversations of each topic, the most first; empty where fewer than half have one."""
    talks = turns.group_by("conversation_id").agg(pl.col("topics").first())
    named = talks.filter(pl.col("topics").list.len() > 0)
    if named.height * 2 < talks.height or talks.is_empty():
        return {}
    each = named.select(pl.col("topics").list.unique()).explode("topics")
    counted = each.group_by("topics").len()
    return dict(counted.sort(["len", "topics"], descending=[True, False]).iter_rows())


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


def _bins(values: pl.Series, ends: tuple[int, ...]) -> list[int]:
    places = np.searchsorted(np.asarray(ends), values.to_numpy(), side="left")
    return [int(n) for n in np.bincount(places, minlength=len(ends) + 1)]


def _languages(turns: pl.DataFrame) -> dict[str, int]:
    """Conversations of each language; of very many, of those that a hash chooses."""
    whole = transcripts(turns).sort(pl.col("conversation_id").map_elements(_rank, pl.UInt64))
    counted = languages(whole["transcript"].head(_SAMPLE)).value_counts()
    return dict(counted.sort(["count", "language"], descending=[True, False]).iter_rows())


def _vocabulary(turns: pl.DataFrame) -> dict[str, Any]:
    spoken = turns.filter(pl.col("role") != "system")
    words = spoken["content"].str.to_lowercase().str.extract_all(WORD).explode().drop_nulls()
    counted = words.value_counts(name="count")
    buckets = np.zeros(_BUCKETS, dtype=np.int64)
    for word, count in counted.iter_rows():
        buckets[_rank(word) % _BUCKETS] += count
    return {"words": len(words), "distinct": counted.height, "buckets": buckets.tolist()}


def _sources(turns: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """By source: conversations, and a hash of each id and text, the lowest first."""
    whole = transcripts(turns).join(
        turns.group_by("conversation_id").agg(pl.col("source").first()), on="conversation_id"
    )
    found = {}
    for (name,), part in sorted(whole.group_by("source"), key=lambda item: str(item[0])):
        rows = part.select("conversation_id", "transcript").iter_rows()
        marks = sorted((_rank(i) >> 24 << 24) | (_rank(text) >> 40) for i, text in rows)
        packed = np.array(marks[:_SKETCH], dtype="<u8").tobytes()
        found[str(name)] = {"conversations": part.height, "ids": b64encode(packed).decode()}
    return found


def _opened(ids: str) -> tuple[Hashes, Hashes]:
    """40 bits of the id and 24 of the text of each conversation."""
    marks = np.frombuffer(b64decode(ids), dtype="<u8").astype(np.uint64)
    return marks >> np.uint64(24), marks & np.uint64(2**24 - 1)


def _rank(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


_NO_SOURCE: dict[str, Any] = {"conversations": 0, "ids": ""}
