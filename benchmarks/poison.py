"""Planted feedback against the guards: how many rows reach training, and what honest people lose.

    python -m benchmarks.poison --json

500 honest rows of 20 people, a few of them busy, one mistake corrected again and again; among them
250 rows of an attack by 1, 5 and 25 callers, on one day and over two months. The background is the
built-in corpus, as in ingest. `ours` is the most that any attack got into training (held-out rows do
not train, and are counted too); beside it the least honest share that passed.
"""

import argparse

import polars as pl

from benchmarks.planted.opinions import every, mingled, planted, team
from benchmarks.report import report
from chatloop.corpus import generate
from chatloop.feedback.guards.background import Background
from chatloop.feedback.guards.judging import Reviews, judge
from chatloop.feedback.opinions import opinions_of
from chatloop.feedback.table import Said, table_of
from chatloop.params.feedback import FeedbackParams
from chatloop.params.sources import Source

GOAL, PLANTED, HONEST = 10, 250, 500
PARAMS = FeedbackParams()


def background(conversations: int, seed: int = 7) -> Background:
    """The corpus as ingest tells it."""
    rows = [
        (str(record.get("id")), str(turn.get("role")), str(turn.get("content") or ""))
        for record in map(dict, generate(conversations, seed).records)
        for turn in (record["messages"] if isinstance(record.get("messages"), list) else [])
    ]
    told = Background(PARAMS.lift.sample, PARAMS.lift.words)
    told.add(pl.DataFrame(rows, schema=["conversation_id", "role", "content"], orient="row"))
    return told


def passed(said: list[Said], told: Background) -> tuple[int, float]:
    """Planted rows that pass, and the share of honest ones that do."""
    table = opinions_of(table_of(said), Source(path="feedback"))
    judged = judge(lambda: [table], told, PARAMS, Reviews()).judged
    good = pl.col("outcome").is_in(["taught", "held_out"])
    attack = pl.col("caller").str.starts_with("h:plant")
    honest = judged.filter(~attack)
    return judged.filter(attack & good).height, honest.filter(good).height / honest.height


def main() -> None:
    """Print a line an attack, and the worst of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.parse_args()
    told, honest = background(3600), team(HONEST, 7)
    alone = passed(honest, told)[1]
    print(f"honest alone: {alone:.1%} pass")
    found = []
    for name, identities, days in every((1, 5, 25)):
        said = mingled(honest, planted(name, PLANTED, identities, 3, days), 5)
        rows, share = passed(said, told)
        found.append((rows, share))
        print(f"{name}, {identities} callers, {days} days: {rows} planted, {share:.1%} honest pass")
    worst, share = max(rows for rows, _ in found), min(share for _, share in found)
    report("poison", worst, None, "rows", worst <= GOAL, f"at most {GOAL} of {PLANTED} planted rows",
           honest_alone=round(alone, 3), honest_share=round(share, 3), attacks=len(found))  # fmt: skip


if __name__ == "__main__":
    main()
