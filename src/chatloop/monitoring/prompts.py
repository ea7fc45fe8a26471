"""Prompts in numbers, without a text in them, so that those of today compare with the training's.

    Sketch(prompts=2000, words=14210, profile={"turn_words": [112, 530, …], "topics": {…},
           "vocabulary": {"buckets": […]}})

A prompt is one thing that a user said. Words are counted in 1,024 buckets by their hash. Its topic
is the likeliest by naive Bayes over these buckets (McCallum and Nigam 1998); the training's own
prompts go the same way, so that what the classifier gets wrong, it gets wrong on both sides.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import log
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chatloop.duplicates.shingling import WORD
from chatloop.reporting.data.drift import PSI, STATISTICS
from chatloop.reporting.data.profiling import TURN_WORDS

BUCKETS = 1024
MOST_TOPICS = 64
_CHUNK = 4096
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Sketch:
    """Counts of prompts; `profile` has the shape that `reporting.drift.drift` compares."""

    prompts: int
    words: int
    profile: Mapping[str, Any]


@dataclass(frozen=True)
class Topics:
    """Word counts of each topic by bucket, prompts of each; no topics where none are known."""

    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    prompts: tuple[int, ...]


def learn_topics(texts: pl.Series, topics: pl.Series) -> Topics:
    """Count the words of each topic's prompts; `topics` names one a text, null where unknown."""
    known = Counter(topics.drop_nulls().to_list())
    names = sorted(name for name, _ in known.most_common(MOST_TOPICS))
    rows = topics.replace_strict(names, list(range(len(names))), default=-1, return_dtype=pl.Int64)
    owners, buckets = _places(texts)
    labels = rows.to_numpy()[owners]
    counts = np.zeros((len(names), BUCKETS), dtype=np.int64)
    np.add.at(counts, (labels[labels >= 0], buckets[labels >= 0]), 1)
    table = tuple(tuple(row) for row in counts.tolist())
    return Topics(tuple(names), table, tuple(known[name] for name in names))


def sketch(texts: pl.Series, topics: Topics) -> Sketch:
    """The numbers of prompts."""
    owners, buckets = _places(texts)
    lengths = texts.str.count_matches(r"\S+").to_numpy()
    bins = np.bincount(
        np.searchsorted(np.asarray(TURN_WORDS), lengths, side="left"), minlength=len(TURN_WORDS) + 1
    )
    words = np.bincount(buckets, minlength=BUCKETS)
    profile = {
        "conversations": len(texts),
        "turn_words": bins.tolist(),
        "topics": _topics_of(owners, buckets, len(texts), topics),
        "vocabulary": {"buckets": words.tolist()},
    }
    return Sketch(len(texts), int(words.sum()), profile)


def by_chance(now: Sketch, training: Sketch) -> dict[str, float]:
    """What each statistic comes to by the size of two samples of one and the same thing.

    Half the expected chi-square for the Jensen-Shannon divergence, in bits; all of it for the
    population stability index (Yurdakul 2018).
    """
    sizes = {"vocabulary": (now.words, training.words)}
    found = {}
    for name, bins in _bins(now.profile, training.profile).items():
        n, m = sizes.get(name, (now.prompts, training.prompts))
        freedom = max(0, bins - 1) * (1 / max(1, n) + 1 / max(1, m))
        found[name] = freedom if STATISTICS[name] == PSI else freedom / (8 * log(2))
    return found


def capped(prompts: Sequence[tuple[str, str]], per_caller: int) -> list[str]:
    """Texts of (caller, text), of one caller at most so many, the first ones."""
    seen = Counter[str]()
    kept = []
    for caller, text in prompts:
        seen[caller] += 1
        if seen[caller] <= per_caller:
            kept.append(text)
    return kept


def _bins(now: Mapping[str, Any], training: Mapping[str, Any]) -> dict[str, int]:
    """Bins of each kind that either side has anything in."""
    pairs = zip(now["vocabulary"]["buckets"], training["vocabulary"]["buckets"], strict=True)
    return {
        "turn_words": len(now["turn_words"]),
        "topics": len({*now["topics"], *training["topics"]}),
        "vocabulary": sum(1 for mine, theirs in pairs if mine or theirs),
    }


def _places(texts: pl.Series) -> tuple[Places, Places]:
    """Of each word: which text it is in, and its bucket."""
    found = texts.str.to_lowercase().str.extract_all(WORD)
    owners = np.repeat(np.arange(len(texts)), found.list.len().fill_null(0).to_numpy())
    flat = found.explode().drop_nulls()
    known = flat.unique()
    places = [_bucket(word) for word in known]
    numbers = flat.replace_strict(known, pl.Series(places, dtype=pl.Int64), return_dtype=pl.Int64)
    return owners.astype(np.int64), numbers.to_numpy().astype(np.int64)


def _bucket(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=4).digest()) % BUCKETS


def _topics_of(owners: Places, buckets: Places, prompts: int, topics: Topics) -> dict[str, int]:
    """Prompts of each topic; those without a word have none."""
    if not topics.names:
        return {}
    counts = np.asarray(topics.counts, dtype=np.float64) + 1.0
    likely = np.log(counts / counts.sum(axis=1, keepdims=True))
    prior = np.log(np.asarray(topics.prompts) / sum(topics.prompts))
    found = Counter[str]()
    for start in range(0, prompts, _CHUNK):
        inside = (owners >= start) & (owners < start + _CHUNK)
        scores = np.zeros((min(_CHUNK, prompts - start), len(topics.names)))
        np.add.at(scores, owners[inside] - start, likely.T[buckets[inside]])
        said = np.zeros(len(scores), dtype=bool)
        said[owners[inside] - start] = True
        found.update(topics.names[at] for at in (scores + prior).argmax(axis=1)[said])
    return dict(sorted(found.items()))
