from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatloop.io.tables import TURNS
from chatloop.params import Bounds, ValidateParams
from chatloop.params.data import Drift
from chatloop.reporting.data.drift import STATISTICS
from chatloop.validation.expectations import (
    Outcome,
    conversations_table,
    corpus_table,
    suites,
    turns_table,
)

PARAMS = ValidateParams(
    min_conversations=2,
    max_quarantined_share=0.01,
    max_rejected_share=0.5,
    topics=Bounds(min=1, max=9),
    turn_chars=Bounds(min=1, max=30),
    drift=Drift(
        action="warn", max_population_stability_index=0.25, max_jensen_shannon_divergence=0.1
    ),
)


def talk(*said: tuple[str, str], name: str = "a", topics: Sequence[str] = ()) -> pl.DataFrame:
    rows = [(name, at, role, text, list(topics), "s") for at, (role, text) in enumerate(said)]
    return pl.DataFrame(rows, schema=TURNS, orient="row")


def row(turns: pl.DataFrame) -> dict[str, object]:
    return conversations_table(turns).row(0, named=True)


def test_user_and_assistant_taking_turns_is_a_sound_conversation():
    found = row(talk(("user", "Hi"), ("assistant", "Hello"), ("user", "Bye"), ("assistant", "Bye")))
    assert found == {
        "conversation_id": "a",
        "sources": 1,
        "numbered": True,
        "starts_with": "user",
        "roles_alternate": True,
        "ends_with": "assistant",
        "empty_answers": 0,
    }


def test_a_system_turn_may_stand_first_and_nowhere_else():
    first = row(talk(("system", "Be kind"), ("user", "Hi"), ("assistant", "Hello")))
    later = row(talk(("user", "Hi"), ("system", "Be kind"), ("assistant", "Hello")))
    assert first["roles_alternate"]
    assert first["starts_with"] == "user"
    assert not later["roles_alternate"]


def test_two_turns_of_one_role_in_a_row_do_not_alternate():
    assert not row(talk(("user", "Hi"), ("user", "Hi"), ("assistant", "Yes")))["roles_alternate"]
    assert not row(talk(("user", "Hi"), ("assistant", "A"), ("assistant", "B")))["roles_alternate"]


@pytest.mark.parametrize("text", ["", " ", "\n\t ", None])
def test_an_answer_of_white_space_is_empty(text: str):
    assert row(talk(("user", "Hi"), ("assistant", text)))["empty_answers"] == 1


def test_an_empty_question_is_no_empty_answer():
    assert row(talk(("user", " "), ("assistant", "Hello")))["empty_answers"] == 0


def test_a_conversation_of_a_system_turn_alone_starts_with_nobody():
    assert row(talk(("system", "Be kind")))["starts_with"] == ""


def test_gaps_and_repeats_in_turn_numbers_are_seen():
    turns = talk(("user", "Hi"), ("assistant", "Hello"))
    gap = turns.with_columns(pl.col("turn") * 2)
    late = turns.with_columns(pl.col("turn") + 1)
    twice = turns.with_columns(pl.lit(0, pl.Int32).alias("turn"))
    assert not any(row(wrong)["numbered"] for wrong in (gap, late, twice))


def test_an_id_that_two_sources_use_is_seen():
    turns = talk(("user", "Hi"), ("assistant", "Hello"))
    both = pl.concat([turns, turns.with_columns(pl.lit("t").alias("source"))])
    assert row(both)["sources"] == 2


@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_no_table(order: list[int]):
    turns = pl.concat(
        talk(("user", "Hi"), ("assistant", "Hello"), name=name, topics=[name]) for name in "abc"
    )
    counts = pl.Series(range(6))
    mixed, mixed_counts = turns[order], counts.gather(order)
    assert conversations_table(mixed).equals(conversations_table(turns))
    assert turns_table(mixed, mixed_counts).equals(turns_table(turns, counts))


def test_length_is_counted_in_characters_without_white_space_around():
    turns = talk(("user", "  Grüße 👋 \n"), ("assistant", None))
    assert turns_table(turns, pl.Series([0, 0]))["chars"].to_list() == [7, 0]


def test_no_table_carries_content():
    turns = talk(("user", "secret"), ("assistant", "secret"), topics=["secret"])
    tables = (
        turns_table(turns, pl.Series([0, 0])),
        conversations_table(turns),
        corpus_table(turns, 0.0, 0.0),
    )
    assert not any("secret" in str(table.to_dicts()) for table in tables)


def test_topics_are_counted_once_each_and_may_be_missing():
    with_topics = talk(("user", "Hi"), ("assistant", "A"), topics=["x", "y"])
    without = talk(("user", "Hi"), ("assistant", "A"), name="b")
    assert corpus_table(pl.concat([with_topics, without]), 0.1, 0.2).to_dicts() == [
        {"topics": 2, "quarantined_share": 0.1, "rejected_share": 0.2}
    ]
    assert corpus_table(without, 0.0, 0.0)["topics"].to_list() == [0]


def test_every_expectation_has_its_own_name_and_a_sentence():
    for suite in suites(PARAMS):
        names = [expectation.name for expectation in suite.expectations]
        assert len(set(names)) == len(names)
        assert all(expectation.says for expectation in suite.expectations)


def test_every_limit_names_a_key_of_the_section():
    said = suites(PARAMS, STATISTICS)
    settings = [one.setting for suite in said for one in suite.expectations]
    keys = (setting.split(":")[0].split(".") for setting in settings)
    named = {".".join(key[:2]) for key in keys if key[0] == "validate"}
    assert named == {f"validate.{key}" for key in ValidateParams.model_fields}


def test_percent_is_of_the_rows_and_absent_where_none_were_counted():
    expectation = suites(PARAMS)[0].expectations[0]
    assert Outcome(expectation, success=False, rows=3, unexpected=1).percent == 33.3333
    assert Outcome(expectation, success=True, rows=0, unexpected=0).percent == 0.0
    assert Outcome(expectation, success=True, observed=7.0).percent is None
