"""Layouts as teams and programs write them, which the documents of the formats do not show."""

from datetime import datetime
from typing import Any

import pytest

from chatloop.conversation import Conversation, Message, Preference, Reject
from chatloop.errors import UserError
from chatloop.formats import FORMATS, detect
from chatloop.formats.format import Parsed
from chatloop.formats.plain.ordering import ranks
from chatloop.params.sources import Source
from tests.records import PLAIN

HI, HELLO = Message("user", "Hi"), Message("assistant", "Hello")
SKIP = Source(path="-", tools="skip")
USER, ASSISTANT = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}


def only(name: str, record: object, source: Source = PLAIN) -> Parsed:
    (parsed,) = FORMATS[name].parse(record, source)
    return parsed


def turns(name: str, record: object, source: Source = PLAIN) -> tuple[Message, ...]:
    parsed = only(name, record, source)
    assert isinstance(parsed, Conversation), parsed
    return parsed.messages


def reason(name: str, record: object, source: Source = PLAIN) -> str:
    parsed = only(name, record, source)
    assert isinstance(parsed, Reject), parsed
    return parsed.reason


def test_a_system_text_beside_the_messages_is_kept_and_not_twice() -> None:
    kind = Message("system", "Be kind.")
    listed: dict[str, Any] = {"system": "Be kind.", "messages": [USER, ASSISTANT]}
    assert turns("messages", listed) == (kind, HI, HELLO)
    parts = listed | {"system": [{"type": "text", "text": "Be kind."}]}
    assert turns("messages", parts) == (kind, HI, HELLO)
    said = {"role": "system", "content": "Be kind."}
    assert turns("messages", listed | {"messages": [said, USER, ASSISTANT]}) == (kind, HI, HELLO)
    pair = {"system_prompt": "Be kind.", "prompt": "Hi", "chosen": "Hello", "rejected": "No"}
    assert only("preference", pair) == Preference(
        "", (kind, HI), (HELLO,), (Message("assistant", "No"),)
    )


def test_what_is_said_around_a_tool_is_one_answer() -> None:
    look = {"role": "assistant", "content": "Let me look.", "tool_calls": [{"id": "1"}]}
    found = {"role": "tool", "content": "{}"}
    joined = (HI, Message("assistant", "Let me look.\nHello"))
    assert turns("messages", {"messages": [USER, look, found, ASSISTANT]}, SKIP) == joined
    asked = {"type": "tool_use", "id": "1", "name": "f", "input": {}}
    given = {"type": "tool_result", "tool_use_id": "1", "content": "{}"}
    anthropic = [
        USER,
        {"role": "assistant", "content": [{"type": "text", "text": "Let me look."}, asked]},
        {"role": "user", "content": [given]},
        ASSISTANT,
    ]
    assert turns("messages", {"messages": anthropic}, SKIP) == joined
    assert reason("messages", {"messages": anthropic}) == "tool_call"
    shared = [
        {"from": "human", "value": "Hi"},
        {"from": "function_call", "value": "{}"},
        {"from": "observation", "value": "{}"},
        {"from": "gpt", "value": "Hello"},
    ]
    assert turns("sharegpt", {"conversations": shared}, SKIP) == (HI, HELLO)
    assert reason("sharegpt", {"conversations": shared}) == "tool_call"


def test_two_answers_in_a_row_without_a_tool_between_stay_two() -> None:
    listed = [USER, ASSISTANT, {"role": "assistant", "content": "Bye"}]
    assert turns("messages", {"messages": listed}, SKIP) == (HI, HELLO, Message("assistant", "Bye"))


def test_a_part_that_is_no_text_is_named() -> None:
    seen = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
    parsed = only("messages", {"messages": [seen, ASSISTANT]})
    assert isinstance(parsed, Reject)
    assert (parsed.reason, "'image_url'" in parsed.detail) == ("not_text", True)


def test_an_answer_of_weight_zero_is_not_learned_in_sharegpt_either() -> None:
    record = {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello", "weight": 0.0}]}  # fmt: skip
    assert reason("sharegpt", record) == "not_to_be_learned"
    assert turns("sharegpt", record, Source(path="-", weights="ignore")) == (HI, HELLO)


@pytest.mark.parametrize("label", [0, 1, "0", "1"])
def test_a_label_of_one_or_zero_is_asked_about_and_never_learned_silently(label: object) -> None:
    row = {"prompt": "Hi", "completion": "Hello", "label": label}
    with pytest.raises(UserError, match=r"fits kto .* and prompt_completion"):
        detect([("a.jsonl line 1", row)], PLAIN, 0)
    judged = only("kto", row)
    assert isinstance(judged, Preference)
    assert bool(judged.chosen) == (str(label) == "1")


def test_a_tag_of_kto_is_a_thumb() -> None:
    record = {
        "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}],
        "kto_tag": False,
    }
    assert detect([("a.json line 1", record)], PLAIN, 0) is FORMATS["kto"]
    assert only("kto", record) == Preference("", (HI,), (), (HELLO,))


WHATSAPP = Source(
    path="-", format="transcript", speakers={"+49 171 1234567": "user", "Ben 🌸": "assistant"}
)


@pytest.mark.parametrize(
    "text",
    [
        "1/12/26, 10:01 - Messages and calls are end-to-end encrypted.\n"
        "1/12/26, 10:02 - +49 171 1234567: Hi\n1/12/26, 10:03 - Ben 🌸: Hello",
        "[12.01.26, 10:02:15] \u202a+49 171 1234567\u202c: Hi\n\u200e[12.01.26, 10:03:01] Ben 🌸: Hello",
        "1/12/26, 10:02\u202fAM - +49 171 1234567: Hi\n1/12/26, 10:03\u202fAM - Ben 🌸: Hello\n"
        "1/12/26, 10:04\u202fAM - Ben 🌸 changed the group's name",
    ],
)
def test_a_phones_export_has_marks_notices_and_speakers_of_any_name(text: str) -> None:
    assert turns("transcript", text, WHATSAPP) == (HI, HELLO)


def test_after_a_date_and_a_time_nobody_unknown_is_put_into_anothers_mouth() -> None:
    text = "1/12/26, 10:03 - Ben 🌸: Hello\n1/12/26, 10:04 - +44 20 7946 0018: And me?"
    assert reason("transcript", text, WHATSAPP) == "unknown_role"


def test_bold_speakers_and_a_desks_names_for_both_sides() -> None:
    assert turns("transcript", "**User:** Hi\n**Assistant:** Hello") == (HI, HELLO)
    assert turns("transcript", "Guest: Hi\nSupport Agent (10:02): Hello") == (HI, HELLO)


@pytest.mark.parametrize(
    ("values", "order"),
    [
        ([10, 9], [1, 0]),
        (["10", " 9"], [1, 0]),
        (["1704103200.5", "999.25", "1704103200"], [1, 2, 0]),
        ([2.5, 10.0], [0, 1]),
        (["2026-01-05T10:00:00+02:00", "2026-01-05T08:30:00Z"], [0, 1]),
        (["2026-01-05 10:00:00 UTC", "2026-01-05 9:00:00 UTC"], None),
        (["2026-01-05 10:00:00 UTC", "2026-01-05 09:00:00 UTC"], [1, 0]),
        ([datetime(2026, 1, 2), datetime(2026, 1, 1)], [1, 0]),
        (["turn-02", "turn-01"], [1, 0]),
        (["00:10", "00:05"], [1, 0]),
        (["1/2/2026 9:05", "12/31/2025 10:00"], None),
        (["05.01.2026", "04.02.2026"], None),
        (["9:05", "10:00"], None),
        (["12:05 AM", "01:05 AM"], None),
        (["2026-01-05T10:00:00Z", "2026-01-05T10:00:00"], None),
        (["first", "second"], None),
        ([1, None], None),
        ([True, 2], None),
        ([float("nan"), 1.0], None),
    ],
)
def test_rows_sort_by_what_sorts_and_by_nothing_else(
    values: list[object], order: list[int] | None
) -> None:
    found = ranks(values)
    assert (found and sorted(range(len(values)), key=found.__getitem__)) == order


def test_a_bots_first_text_counts_where_another_variant_comes_first() -> None:
    domain = {"responses": {"utter_greet": [{"custom": {}}, {"text": "Hello"}]}}
    assert FORMATS["rasa_stories"].lookup([domain]) == {"utter_greet": "Hello"}  # type: ignore[misc]
