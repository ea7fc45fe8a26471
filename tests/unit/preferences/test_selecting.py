"""Which judged answers teach, and why the others do not."""

from typing import Any

import polars as pl
import pytest

from chatloop.params.align import AlignParams
from chatloop.params.data import NearDuplicates
from chatloop.preferences.selecting import REASONS, kinds, measuring, prompts, selected, tally
from tests.judged import align_params, judged, turns

TEST = turns(("t1", "Where is my red parcel from last week?", "It left our warehouse on Monday."))
VALIDATION = turns(
    ("v1", "Can I still change the size of the grey coat?", "Yes, until it is sent.")
)


def chosen(rows: list[tuple[str, str, str | None, str | None]], **params: Any) -> pl.DataFrame:
    return selected(judged(rows), TEST, VALIDATION, align_params(**params))


def reasons(rows: list[tuple[str, str, str | None, str | None]]) -> list[str | None]:
    return chosen(rows)["reason"].to_list()


def test_what_was_judged_is_a_pair_or_a_thumb() -> None:
    found = chosen(
        [("a", "hi", "hello", "what"), ("b", "hi!", "hello", None), ("c", "ho", None, "no")]
    )
    assert found["kind"].to_list() == ["pair", "up", "down"]
    assert dict(kinds(found)) == {"pair": 1, "up": 1, "down": 1}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("a", "where is  my RED parcel from last week?", "No idea.", None), "prompt_of_test"),
        (
            (
                "a",
                "so where is my red parcel from last week?",
                "It left our warehouse on Monday.",
                None,
            ),
            "twin_of_test",
        ),
        (
            (
                "a",
                "where is my red parcel from last week",
                "no",
                "it left our warehouse on Monday.",
            ),
            "twin_of_test",
        ),
        (
            ("a", "Can I still change the size of the grey coat", None, "Yes, until it is sent!"),
            "twin_of_validation",
        ),
        (("a", "hi", "Hello there", "hello  there"), "same_answers"),
        (("a", "hi", "hello", "no"), None),
    ],
)
def test_what_the_held_out_conversations_ask_is_left_out(
    row: tuple[str, str, str | None, str | None], reason: str | None
) -> None:
    assert reasons([row]) == [reason]


def test_a_later_question_of_a_test_conversation_is_one_of_its_prompts() -> None:
    talk = turns(("t", "hi", "hello", "where is it?", "there"))
    said = talk.with_columns(pl.col("content").str.to_lowercase())
    assert list(prompts(said)) == ["hi", "hi\nhello\nwhere is it?"]


def test_of_the_same_opinion_one_teaches_and_of_opposite_ones_the_majority() -> None:
    up, down = ("hi", "hello", None), ("hi", None, "hello")
    assert reasons([("a", *up), ("b", *up)]) == [None, "duplicate"]
    assert reasons([("a", *up), ("b", *down)]) == ["contradicted", "contradicted"]
    assert reasons([("a", *up), ("b", *down), ("c", *up)]) == [None, "contradicted", "duplicate"]
    assert reasons([("a", "hi", "x y", "z"), ("b", "hi", "z", "x y")]) == ["contradicted"] * 2


def test_answers_to_one_prompt_are_held_out_together() -> None:
    rows = [(f"{at:03}", f"question {at // 2}", f"answer {at}", None) for at in range(400)]
    found = chosen(rows, held_out_share=0.25)
    aside = found["held_out"].to_list()
    assert aside[::2] == aside[1::2]
    assert 0.15 < sum(aside) / len(aside) < 0.35


def test_what_the_split_holds_out_measures_as_what_is_held_out_here_does() -> None:
    rows = [
        ("a", "Where is my red parcel from last week?", "It left on Monday.", "No idea."),
        ("b", "Can I still change the size of the grey coat?", "Yes, until it is sent.", "No."),
        ("c", "hi", "Hello there", "hello  there"),
        *((f"d{at:02}", f"question {at}", "yes", None) for at in range(40)),
    ]
    found = chosen(rows, held_out_share=0.25)
    aside = found.filter("held_out", pl.col("reason").is_null())["conversation_id"].to_list()
    assert measuring(found)["conversation_id"].to_list() == ["a", "b", *aside]
    assert tally(found)["measuring"] == 2 + len(aside) > 2


def test_no_order_of_rows_changes_anything_and_every_row_is_accounted_for() -> None:
    rows = [(f"{at:02}", f"question {at % 7}", f"answer {at % 3}", None) for at in range(40)]
    found = chosen(rows)
    assert found.equals(chosen(rows[::-1]))
    counts = tally(found)
    assert counts["rows"] == counts["learned"] + counts["held_out"] + counts["skipped"] == 40
    assert set(counts["skipped_by_reason"]) == set(REASONS)
    assert sum(counts["skipped_by_reason"].values()) == counts["skipped"] == 19


def test_nothing_was_judged() -> None:
    assert tally(chosen([]))["rows"] == 0


def test_params_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="beta"):
        align_params(beta=0.0)
    assert isinstance(align_params(), AlignParams)
    assert isinstance(align_params().near_duplicates, NearDuplicates)
