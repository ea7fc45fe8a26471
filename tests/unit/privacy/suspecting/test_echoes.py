"""A value that only its name gave away is gone from the other turns of its conversation, too."""

import polars as pl
import pytest

from chatloop.privacy.checksums import bsn
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.redaction import redact
from chatloop.privacy.suspecting.echoes import without_echoes


def left(*contents: str, talks: tuple[str, ...] = ()) -> list[str]:
    ids = list(talks) or ["a"] * len(contents)
    table = pl.DataFrame({"conversation_id": ids, "turn": range(len(ids)), "content": contents})
    return redact(table, KINDS).turns["content"].to_list()


@pytest.mark.parametrize(
    ("told", "value", "kind"),
    [
        ("My BSN is {}.", "111222333", "NL_BSN"),
        ("my password is {}", "Maple-orbit-4417", "SECRET"),
        ("my PIN is {}", "4417", "SECRET"),
        ("my passport number is {}", "C01X00T47", "PASSPORT"),
        ("my name is {}", "Quirina Bergmann", "PERSON"),
        ("my cell is {}", "4847771971", "PHONE"),
    ],
)
def test_what_a_turn_told_is_known_in_the_turns_before_and_behind(told, value, kind):
    said = left(f"Is it {value}?", told.format(value), f"I have noted {value}, thanks.")
    assert said == [
        f"Is it [{kind}_1]?",
        told.format(f"[{kind}_1]"),
        f"I have noted [{kind}_1], thanks.",
    ]


def test_other_conversations_and_longer_words_are_not_touched():
    said = left("My BSN is 111222333.", "Order 111222333", talks=("a", "b"))
    assert said[1] == "Order 111222333"
    assert (
        left("my PIN is 4417", "Order 44170, 4417.50 or x4417")[1]
        == "Order 44170, 4417.50 or x4417"
    )


@pytest.mark.parametrize("text", ["my cvv is 540", "my name is May"])
def test_what_is_too_short_to_tell_is_not_sought(text):
    assert left(text, "May I have 540 of them?")[1] == "May I have 540 of them?"


def test_names_of_others_stay_where_nothing_says_that_they_are_people():
    said = left("Dear Mrs. Quirina,", "Tickets to Quirina, the opera?")
    assert said == ["Dear Mrs. [PERSON_1],", "Tickets to Quirina, the opera?"]


def test_echoes_are_counted_and_the_mapping_stays():
    rows = {"conversation_id": ["a", "a"], "turn": [0, 1]}
    table = pl.DataFrame({**rows, "content": ["BSN 111222333", "111222333 and 111222333"]})
    found = redact(table, KINDS)
    assert found.counts["nl_bsn"] == 3
    assert found.mapping == [("a", "[NL_BSN_1]", "111222333")]
    assert redact(found.turns, KINDS).turns.equals(found.turns)


def test_nothing_told_is_nothing_changed():
    table = pl.DataFrame({"conversation_id": ["a"], "turn": [0], "content": ["Hi"]})
    turns, counts = without_echoes(table, [("a", "[EMAIL_1]", "a@b.co")])
    assert turns is table
    assert not counts


def test_of_many_values_each_that_comes_back_is_its_own_placeholder():
    numbers = [n for n in (f"{n:09d}" for n in range(111_000_000, 111_001_000)) if bsn(n)][:40]
    (told, *noted) = left(
        " ".join(f"My BSN is {one}." for one in numbers),
        *(f"I noted {one}, not {one}1." for one in numbers),
    )
    assert told.count("[NL_BSN_") == len(numbers)
    assert noted == [
        f"I noted [NL_BSN_{at}], not {one}1." for at, one in enumerate(numbers, start=1)
    ]
