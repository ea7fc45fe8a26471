"""What the data is about, how varied it is, what is new in it and how far it drifted; for people.

In: data/clean/turns.parquet, pins/accepted.json (the profile of the last data set whose model was
promoted). Out: data/profile/profile.json, reports/profile.json, reports/diversity.html.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from chatloop.duplicates.near import transcripts
from chatloop.io.batches import sorted_batches
from chatloop.io.files import read_json, sha256, write_json, write_text
from chatloop.pages import diversity_page
from chatloop.params import ProfileParams
from chatloop.reporting.data.clustering import find_topics
from chatloop.reporting.data.drift import STATISTICS, drift
from chatloop.reporting.data.profiling import TALK_TURNS, TURN_WORDS, Profiler, news
from chatloop.stages import main, say


def profile(
    params: ProfileParams, turns: Path, accepted: Path, out: Path, report: Path, page: Path
) -> None:
    """Measure the cleaned turns, hold them against the last accepted, say what stands out."""
    profiler = Profiler()
    for batch in sorted_batches(turns):
        profiler.add(batch)
    last = read_json(accepted)
    given = profiler.given_topics()
    sample = profiler.sample
    now = profiler.profile(given or _found_topics(turns, sample, params))
    now["topics_are"] = "given" if given else "found"
    comparable = now if last.get("topics_are") == now["topics_are"] == "given" else _no_topics(now)
    found = {
        "conversations": now["conversations"],
        "turns": now["turns"],
        "words": now["vocabulary"]["words"],
        "distinct_words": now["vocabulary"]["distinct"],
        "topics_are": now["topics_are"],
        "topics": now["topics"],
        "languages": now["languages"],
        "sources": news(now, last),
        "drift": drift(comparable, last),
        "remarks": [*_sampled(now, len(sample)), *_remarks(now, last, params)],
    }
    write_json(out, {**now, "turns_sha256": sha256(turns)})
    write_json(report, found)
    bins = {"words in a turn": _bars(now["turn_words"], TURN_WORDS)}
    bins["turns in a conversation"] = _bars(now["talk_turns"], TALK_TURNS)
    write_text(page, diversity_page(found, bins, STATISTICS))
    say(_line(found))


def _found_topics(turns: Path, sample: pl.Series, params: ProfileParams) -> dict[str, int]:
    """Conversations of each topic that the sample has, the most first; all are counted."""
    topics, counted = find_topics(sample, params.clusters, params.seed), Counter[str]()
    for batch in sorted_batches(turns):
        counted.update(topics.of(transcripts(batch)["transcript"]))
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def _sampled(now: dict[str, Any], size: int) -> list[str]:
    """What is not known from all conversations."""
    if now["topics_are"] == "given" or size == now["conversations"]:
        return []
    return [f"topics were found in {size:,} of {now['conversations']:,} conversations"]


def _no_topics(now: dict[str, Any]) -> dict[str, Any]:
    """Clusters are named anew each time, so they cannot be compared with others."""
    return {**now, "topics": {}}


def _remarks(now: dict[str, Any], last: dict[str, Any], params: ProfileParams) -> list[str]:
    """What is missing, rare or over-weight, in words."""
    said = []
    sources = {name: one["conversations"] for name, one in now["sources"].items()}
    for kind, counts in (("topic", now["topics"]), ("source", sources)):
        for name, count in counts.items():
            share = count / max(1, now["conversations"])
            if share < params.rare_share:
                said.append(f"{kind} {name} is rare: {count:,} conversations, {share:.2%}")
            if share > params.dominant_share and len(counts) > 1:
                said.append(f"{kind} {name} is over-weight: {share:.1%} of the conversations")
    gone = [] if last.get("topics_are") != "given" else sorted({*last["topics"]} - {*now["topics"]})
    missing = [f"topic {name} is missing: the last accepted data had it" for name in gone]
    absent = [name for name in params.topics if name not in now["topics"]]
    return [*said, *missing, *(f"topic {name} is missing: params name it" for name in absent)]


def _bars(counts: list[int], ends: tuple[int, ...]) -> list[tuple[str, int]]:
    """`3–5` and how many there are; the last bin has no end."""
    starts = (1, *(end + 1 for end in ends))
    spans = zip(starts[:-1], ends, strict=True)
    labels = [f"{low}–{high}" if low < high else str(low) for low, high in spans]
    return list(zip([*labels, f"{starts[-1]}+"], counts, strict=True))


def _line(found: dict[str, Any]) -> str:
    new = sum(one["new"] for one in found["sources"].values())
    return (
        f"profile: {found['conversations']:,} conversations, {new:,} of them new since the last "
        f"accepted data; {len(found['topics']):,} topics {found['topics_are']}, "
        f"{found['distinct_words']:,} different words; {len(found['remarks'])} remarks"
    )


if __name__ == "__main__":
    main(profile)
