"""Every opinion has one outcome, caps hold whatever comes, and planted rows do not get through."""

from collections import Counter
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.planted.opinions import mingled, planted, team
from benchmarks.poison import background, passed
from chatloop.feedback.guards.background import Background
from chatloop.feedback.guards.judging import OUTCOMES, Reviews, judge
from chatloop.feedback.opinions import opinions_of
from chatloop.feedback.table import Said, table_of
from chatloop.params.data import NearDuplicates
from chatloop.params.feedback import FeedbackParams, OpinionCaps, Sudden
from chatloop.params.sources import Source
from tests.opinions import said

SOURCE = Source(path="feedback")
SMALL = FeedbackParams(
    caps=OpinionCaps(identity=4, identity_day=3, day=6, cluster=2, phrase=3),
    near_duplicates=NearDuplicates(threshold=0.7, permutations=16, shingle_words=2, seed=1),
    sudden=Sudden(history_days=2, factor=2.0, min_rows=3),
    held_out_share=0.2,
)


def judged(
    opinions: list[Said],
    params: FeedbackParams = SMALL,
    reviews: Reviews | None = None,
    size: int = 4,
) -> pl.DataFrame:
    table = opinions_of(table_of(opinions), SOURCE)
    parts = [table[at : at + size] for at in range(0, table.height, size)]
    return judge(lambda: parts, Background(1000, 3), params, reviews or Reviews()).judged


WORDS = ["lamp", "where", "refund", "blue", "orchid", "please", "return", "10", "§§", "сор"]
opinions = st.lists(
    st.builds(
        lambda at, caller, day, exchange, words, correction, rating: (
            at, caller, day, exchange, " ".join(words), correction, rating
        ),
        st.integers(1, 40), st.sampled_from(["h:a", "h:b", "h:c"]), st.integers(0, 4),
        st.integers(0, 30), st.lists(st.sampled_from(WORDS), min_size=1, max_size=5),
        st.none() | st.sampled_from(["Yes.", "No idea.", "blue orchid now", ""]),
        st.sampled_from(["up", "down", None]),
    ),
    max_size=30, unique_by=lambda row: row[0],
)  # fmt: skip


def built(rows: list[tuple[int, str, int, int, str, str | None, str | None]]) -> list[Said]:
    return [
        said(at, caller, day, exchange=exchange, prompt=words, correction=correction, rating=rating)
        for at, caller, day, exchange, words, correction, rating in rows
    ]


@settings(max_examples=8, deadline=None)
@given(opinions, st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)), st.randoms())
def test_every_opinion_has_one_outcome_and_caps_hold(
    rows: list[tuple[int, str, int, int, str, str | None, str | None]],
    accepted: set[int],
    refused: set[int],
    random: object,
) -> None:
    reviews = Reviews(
        frozenset(f"fb-{at}" for at in accepted - refused), frozenset(f"fb-{at}" for at in refused)
    )
    found = judged(built(rows), reviews=reviews)

    assert found["number"].to_list() == sorted(row[0] for row in rows)
    assert set(found["outcome"]) <= set(OUTCOMES)
    no = found["outcome"].is_in(["quarantined", "rejected"])
    assert (found["reason"].is_not_null() == no).all()
    unseen = found.filter(~no & ~pl.col("feedback_id").is_in([*reviews.accepted]))
    for columns, cap in ((["caller"], 4), (["caller", "day"], 3), (["day"], 6), (["cluster"], 2)):
        counts = unseen.group_by(columns).len()["len"]
        assert counts.is_empty() or int(max(counts)) <= cap, columns
    kept = found.filter(~no).group_by("caller", "exchange_id").len()["len"]
    assert (kept == 1).all()

    random.shuffle(rows)  # type: ignore[attr-defined]
    assert judged(built(rows), reviews=reviews, size=7).equals(found)


def test_parts_do_not_matter() -> None:
    rows = mingled(team(60, 3), [], 1)
    assert judged(rows, FeedbackParams(), size=7).equals(judged(rows, FeedbackParams(), size=60))


def test_a_sudden_day_holds_those_who_are_new_and_no_others() -> None:
    usual = [said(at, "h:a", day=at, prompt=f"{'xyz'[at % 3] * (at + 4)}") for at in range(1, 6)]
    rush = [
        said(10 + at, f"h:n{at}", day=9, prompt=f"{'qrs'[at % 3] * (at + 9)}") for at in range(9)
    ]
    known = [said(30, "h:a", day=9, prompt="something else")]
    params = SMALL.model_copy(update={"caps": OpinionCaps()})
    found = judged([*usual, *rush, *known], params).filter(pl.col("number") >= 10)

    assert Counter(found["reason"]) == {"sudden": 9, None: 1}
    assert found.filter(pl.col("caller") == "h:a")["reason"].to_list() == [None]


@cache
def corpus() -> Background:
    return background(600)


@pytest.mark.parametrize("identities", [1, 5, 25])
def test_of_250_planted_rows_at_most_10_pass(identities: int) -> None:
    rows = mingled(team(150, 7), planted("phrase", 250, identities, 3), 5)
    through, share = passed(rows, corpus())

    assert through <= 10
    assert share > 0.8


@pytest.mark.parametrize("attack", ["other_target", "pulled_apart", "lookalikes"])
def test_disguises_do_not_help(attack: str) -> None:
    rows = mingled(team(80, 7), planted(attack, 80, 25, 3, days=60), 5)
    assert passed(rows, corpus())[0] <= 10
