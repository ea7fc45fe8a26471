from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatloop.conversation import Conversation, Message, Reject
from chatloop.formats import FORMATS, formats_that_fit, messages, sgd

GOOD: dict[str, Any] = {
    "id": "a-1",
    "topics": ["returns", "delivery"],
    "messages": [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
    ],
}
DIALOGUE: dict[str, Any] = {
    "dialogue_id": "1_00000",
    "services": ["Restaurants_1"],
    "turns": [
        {"speaker": "USER", "utterance": "I am hungry.", "frames": []},
        {"speaker": "SYSTEM", "utterance": "Where?", "frames": []},
    ],
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_messages_become_a_conversation() -> None:
    turns = (Message("system", "Be kind."), Message("user", "Hi"), Message("assistant", "Hello"))
    assert messages.parse(GOOD) == Conversation("a-1", turns, ("delivery", "returns"))


def test_a_dialogue_becomes_a_conversation() -> None:
    turns = (Message("user", "I am hungry."), Message("assistant", "Where?"))
    assert sgd.parse(DIALOGUE) == Conversation("1_00000", turns, ("Restaurants_1",))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"messages": None}, "no_messages"),
        ({"messages": []}, "no_messages"),
        ({"messages": ["hi"]}, "bad_message"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "unknown_role"),
        ({"messages": [{"role": ["user"], "content": "x"}]}, "unknown_role"),
        ({"messages": [{"role": "user", "content": 3}]}, "not_text"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "not_text"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "tool_call"),
        ({"topics": [1]}, "bad_topics"),
        ({"id": {"a": 1}}, "bad_id"),
        ({"id": True}, "bad_id"),
    ],
)
def test_what_is_not_understood_has_a_stable_reason(change: dict[str, Any], reason: str) -> None:
    parsed = messages.parse(GOOD | change)
    assert isinstance(parsed, Reject)
    assert parsed.reason == reason


def test_each_format_fits_its_own_record_and_no_other() -> None:
    assert formats_that_fit(GOOD) == ["messages"]
    assert formats_that_fit(DIALOGUE) == ["sgd"]
    assert formats_that_fit({"text": "hi"}) == []


@pytest.mark.parametrize("name", sorted(FORMATS))
@given(record=json_values)
def test_no_json_value_crashes_a_format(name: str, record: object) -> None:
    assert isinstance(FORMATS[name].parse(record), Conversation | Reject)


@pytest.mark.parametrize(("name", "good"), [("messages", GOOD), ("sgd", DIALOGUE)])
@given(data=st.data())
def test_any_value_in_any_place_is_a_conversation_or_a_reason(
    name: str, good: dict[str, Any], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(good)))
    parsed = FORMATS[name].parse(good | {key: data.draw(json_values)})
    assert isinstance(parsed, Conversation | Reject)
    if isinstance(parsed, Conversation):
        assert all(isinstance(message.content, str) for message in parsed.messages)


def test_reads_the_publishers_own_layout(sgd: Path) -> None:
    from chatloop.io.sources import read_records

    records = list(read_records(sgd / "original" / "dialogues_001.json"))
    parsed = [FORMATS["sgd"].parse(record.value) for record in records]
    assert len(parsed) == 128
    assert all(isinstance(one, Conversation) for one in parsed)
