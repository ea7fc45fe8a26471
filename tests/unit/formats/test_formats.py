"""What holds for every format, now and for those to come."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.conversation import ROLES, Conversation, Message, Preference, Reject
from chatloop.errors import UserError
from chatloop.formats import FORMATS, check_options, detect, formats_that_fit
from chatloop.formats.format import Parsed
from chatloop.params.sources import Columns, Source
from tests.records import FAQ, PLAIN, RECORDS, VARIANTS, source_for

TEXTS = {"intent greet": "Hi", "utter_greet": "Hello"}
HELLO = (Message("user", "Hi"), Message("assistant", "Hello"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def parsed(name: str, record: object, source: Source | None = None) -> list[Parsed]:
    """All that a document holds, rows of one conversation together, as the reader does it."""
    known, source = FORMATS[name], source or source_for(name)
    records = known.unpack(record, TEXTS) if known.unpack else [record]
    wholes = [[one] if known.key and known.key(one, source) is not None else one for one in records]
    return [part for whole in wholes for part in known.parse(whole, source)]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every value in a record, the record itself first."""
    yield at
    inner = value.items() if isinstance(value, dict) else ()
    for key, held in enumerate(value) if isinstance(value, list) else inner:
        yield from places(held, (*at, key))


def replaced(record: Any, at: tuple[Any, ...], value: object) -> Any:
    if not at:
        return value
    changed = copy.deepcopy(record)
    holder = changed
    for key in at[:-1]:
        holder = holder[key]
    holder[at[-1]] = value
    return changed


def assert_sound(parts: list[Parsed]) -> None:
    for part in parts:
        if isinstance(part, Reject):
            assert part.reason.isidentifier()
            continue
        sides = (
            [part.messages]
            if isinstance(part, Conversation)
            else [part.prompt + part.chosen + part.rejected]
        )
        assert all(sides)
        assert isinstance(part.id, str)
        assert all(isinstance(topic, str) for topic in part.topics)
        for message in sides[0]:
            assert message.role in ROLES
            assert isinstance(message.content, str)


def test_every_format_has_a_record_here_and_shows_one_in_its_docstring() -> None:
    assert set(RECORDS) == set(FORMATS)


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_real_record_fits_its_own_format_and_no_other(name: str) -> None:
    assert formats_that_fit(RECORDS[name]) == [name]


@pytest.mark.parametrize(("name", "record"), VARIANTS)
def test_other_layouts_fit_their_own_format_and_no_other(name: str, record: object) -> None:
    assert formats_that_fit(record) == [name]


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_real_record_is_understood_whole(name: str) -> None:
    parts = parsed(name, RECORDS[name])
    assert parts
    assert not [part for part in parts if isinstance(part, Reject)]


@pytest.mark.parametrize("name", sorted(RECORDS))
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_value_in_any_place_is_a_sound_conversation_or_a_reason(
    name: str, data: st.DataObject
) -> None:
    at = data.draw(st.sampled_from(list(places(RECORDS[name]))))
    record = replaced(RECORDS[name], at, data.draw(json_values))
    formats_that_fit(record)
    if FORMATS[name].lookup:
        FORMATS[name].lookup([record])  # type: ignore[misc]
    for source in (PLAIN, source_for(name), Source(path="-", paths="all", speakers={"x": "user"})):
        parts = parsed(name, record, source)
        assert parts or name.startswith("rasa")
        assert_sound(parts)


@pytest.mark.parametrize("name", sorted(RECORDS))
@settings(max_examples=20, deadline=None)
@given(record=json_values | st.lists(json_values))
def test_no_json_value_crashes_a_format(name: str, record: object) -> None:
    formats_that_fit(record)
    assert_sound(parsed(name, record))
    assert FORMATS[name].parse(record, PLAIN)


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_missing_key_never_crashes_a_format(name: str) -> None:
    for at in places(RECORDS[name]):
        if at and isinstance(at[-1], str):
            record = copy.deepcopy(RECORDS[name])
            holder = record
            for key in at[:-1]:
                holder = holder[key]
            del holder[at[-1]]
            assert_sound(parsed(name, record))


def test_what_fits_nothing_fits_nothing() -> None:
    for record in ({"text": "hi"}, {}, [], "hi", 3, None, {"question": "a", "reply": "b"}):
        assert formats_that_fit(record) == []


def sample(*records: object) -> list[tuple[str, object]]:
    return [(f"a.jsonl line {at}", record) for at, record in enumerate(records, start=1)]


def test_one_record_that_fits_is_enough_among_broken_ones() -> None:
    found = detect(sample({}, 3, RECORDS["kto"], {"a": 1}), PLAIN, 0)
    assert found is FORMATS["kto"]


def test_when_two_fit_one_line_names_both_and_where() -> None:
    with pytest.raises(UserError) as caught:
        detect(sample(RECORDS["sgd"], RECORDS["alpaca"]), PLAIN, 2)
    said = str(caught.value)
    assert said.startswith(
        "ingest.sources[2]: -: fits alpaca (a.jsonl line 2) and sgd (a.jsonl line 1)"
    )
    assert "\n" not in said


def test_when_none_fits_one_line_names_what_is_known() -> None:
    with pytest.raises(UserError, match="line 1 fits no known format; name its format: alpaca, "):
        detect(sample({"a": 1}), PLAIN, 0)


def test_columns_say_that_it_is_a_table() -> None:
    assert detect(sample({"frage": "Hi", "antwort": "Hello"}), FAQ, 0) is FORMATS["table"]


def test_an_option_that_a_format_does_not_know_is_refused() -> None:
    source = Source(path="-", columns=Columns(question="a", answer="b"))
    with pytest.raises(
        UserError, match=r"sources\[1\]\.columns: format sgd has no such option; for: table"
    ):
        check_options(FORMATS["sgd"], source, 1)
    check_options(FORMATS["oasst"], Source(path="-", paths="all"), 0)


def test_reads_the_publishers_own_layout(sgd: Path) -> None:
    from chatloop.io.sources import read_records

    records = list(read_records(sgd / "original" / "dialogues_001.json"))
    read = [part for record in records for part in FORMATS["sgd"].parse(record.value, PLAIN)]
    assert len(read) == 128
    assert all(isinstance(one, Conversation) for one in read)


def test_a_preference_is_no_conversation_of_its_own() -> None:
    (pair,) = parsed("preference", RECORDS["preference"])
    assert pair == Preference("", HELLO[:1], HELLO[1:], (Message("assistant", "What?"),))
