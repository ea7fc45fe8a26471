from datetime import UTC, datetime

import polars as pl
import pytest

from chatloop.io.tables import TURNS
from chatloop.io.validation.expectations import run_suite
from chatloop.params import Bounds, ValidateParams
from chatloop.params.data import Drift
from chatloop.validation.data_docs import pages
from chatloop.validation.expectations import (
    Check,
    Expectation,
    Suite,
    conversations_table,
    corpus_table,
    suites,
    turns_table,
)

PARAMS = ValidateParams(
    min_conversations=3,
    max_quarantined_share=0.1,
    max_rejected_share=0.5,
    topics=Bounds(min=0, max=5),
    turn_chars=Bounds(min=1, max=20),
    drift=Drift(
        action="warn", max_population_stability_index=0.25, max_jensen_shannon_divergence=0.1
    ),
)


def talks(names: str = "abc", question: str = "Where is it?") -> pl.DataFrame:
    said = [("user", question), ("assistant", "On its way.")]
    rows = [
        (name, turn, role, text, [], "s")
        for name in names
        for turn, (role, text) in enumerate(said)
    ]
    return pl.DataFrame(rows, schema=TURNS, orient="row")


def checked(turns: pl.DataFrame, found: int = 0) -> list[Check]:
    tables = {
        "turns": turns_table(turns, pl.Series([found] * turns.height, dtype=pl.UInt32)),
        "conversations": conversations_table(turns),
        "corpus": corpus_table(turns, 0.0, 0.25),
    }
    return [run_suite(suite, tables[suite.name]) for suite in suites(PARAMS)]


def failed(checks: list[Check]) -> dict[str, tuple[str, ...]]:
    return {one.expectation.name: one.examples for check in checks for one in check.failed}


def docs(checks: list[Check]) -> str:
    return "".join(pages(checks).values())


def test_outcomes_come_in_the_order_of_the_suite():
    for suite, check in zip(suites(PARAMS), checked(talks()), strict=True):
        assert [outcome.expectation for outcome in check.outcomes] == list(suite.expectations)


def test_rows_are_counted_and_numbers_are_observed():
    turns, conversations, corpus = checked(talks())
    assert {(one.rows, one.unexpected) for one in turns.outcomes} == {(6, 0)}
    assert conversations.outcomes[0].observed == 3
    assert [one.observed for one in corpus.outcomes] == [0, 0.0, 0.25]


def test_an_empty_table_fails_for_want_of_rows_alone():
    assert list(failed(checked(talks("")))) == ["enough"]


def test_an_example_names_the_row_and_the_value():
    turns = talks(question="Where is my order 48213?")
    assert failed(checked(turns)) == {
        "length_in_bounds": ("a turn 0: chars 24", "b turn 0: chars 24", "c turn 0: chars 24")
    }


def test_few_examples_are_named_when_everything_is_wrong():
    examples = failed(checked(talks("abcdefgh"), found=1))["no_personal_data"]
    assert len(examples) == 5


def test_an_id_cannot_put_markup_into_the_docs():
    hostile = "<script>alert('$x')</script>"
    page = docs(checked(talks("a").with_columns(pl.lit(hostile).alias("conversation_id")), found=1))
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#x27;$x&#x27;)" in page


def test_docs_load_nothing_and_hold_no_text_no_time_and_no_path():
    page = docs(checked(talks(), found=1))
    year = str(datetime.now(tz=UTC).year)
    unwanted = ("http:", "https:", "//", "<script", "<link", "<img", "url(", "/tmp", year, "Where")
    assert not [sign for sign in unwanted if sign in page]


def test_the_order_of_rows_changes_no_byte():
    turns = talks(question="Where is my order 48213?")
    mixed = turns.sample(fraction=1, shuffle=True, seed=1)
    assert docs(checked(mixed)) == docs(checked(turns))


def test_an_expectation_that_cannot_be_computed_is_no_outcome():
    wrong = Expectation("x", "expect_column_values_to_not_be_null", {"column": "nope"}, "x")
    with pytest.raises(RuntimeError, match="x could not be computed"):
        run_suite(Suite("turns", (), (wrong,)), pl.DataFrame({"a": [1]}))
