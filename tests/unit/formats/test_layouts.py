"""What each format makes of its records."""

from typing import Any

import pytest

from chatloop.conversation import Conversation, Message, Preference, Reject
from chatloop.formats import FORMATS
from chatloop.formats.format import Parsed
from chatloop.params.sources import Columns, Source
from tests.records import FAQ, PLAIN, RECORDS, source_for

TEXTS = {"intent greet": "Hi", "utter_greet": "Hello"}
HI, HELLO, KIND = (
    Message("user", "Hi"),
    Message("assistant", "Hello"),
    Message("system", "Be kind."),
)


def parse(name: str, record: Any, source: Source | None = None) -> list[Parsed]:
    known = FORMATS[name]
    records = known.unpack(record, TEXTS) if known.unpack else [record]
    return [part for one in records for part in known.parse(one, source or source_for(name))]


def reason(name: str, record: Any, source: Source | None = None) -> str:
    (part,) = parse(name, record, source)
    assert isinstance(part, Reject)
    return part.reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("messages", Conversation("a-1", (KIND, HI, HELLO), ("delivery", "returns"))),
        ("sharegpt", Conversation("identity_0", (KIND, HI, HELLO))),
        (
            "alpaca",
            Conversation(
                "",
                (
                    Message("system", "Be short."), HI, HELLO,
                    Message("user", "Name the capital.\n\nFrance"), Message("assistant", "Paris"),
                ),
            ),
        ),
        ("prompt_completion", Conversation("", (HI, HELLO))),
        ("preference", Preference("", (HI,), (HELLO,), (Message("assistant", "What?"),))),
        ("kto", Preference("", (HI,), (HELLO,), ())),
        ("oasst", Conversation("m3", (HI, HELLO))),
        (
            "sgd",
            Conversation(
                "1_00000",
                (Message("user", "I am hungry."), Message("assistant", "Where?")),
                ("Restaurants_1",),
            ),
        ),
        ("taskmaster", Conversation("dlg-00055f4e", (HI, HELLO), ("restaurant-table",))),
        ("topical_chat", Conversation("t_1", (HI, HELLO))),
        ("rasa_stories", Conversation("greeting", (HI, HELLO))),
        ("rasa_tests", Conversation("a test", (Message("user", "to Rome"), HELLO))),
        ("dialogflow_cx", Conversation("greeting", (HI, HELLO), ("#smoke",))),
        ("table", Conversation("c-1", (HI,))),
        (
            "transcript",
            Conversation("", (HI, Message("assistant", "Hello\nHow can I help?"))),
        ),
    ],
)  # fmt: skip
def test_a_real_record_becomes_its_conversation(name: str, expected: Parsed) -> None:
    assert parse(name, RECORDS[name]) == [expected]


def test_questions_give_a_conversation_for_each_way_to_ask() -> None:
    topics = ("greeting",)
    assert parse("questions", RECORDS["questions"]) == [
        Conversation("", (HI, HELLO), topics),
        Conversation("", (Message("user", "Good day"), HELLO), topics),
        Conversation("", (Message("user", "Are you open?"), Message("assistant", "Yes")), topics),
    ]


GOOD = RECORDS["messages"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"messages": None}, "no_messages"),
        ({"messages": []}, "no_messages"),
        ({"messages": ["hi"]}, "bad_message"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "unknown_role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "tool_call"),
        ({"messages": [{"role": ["user"], "content": "x"}]}, "unknown_role"),
        ({"messages": [{"role": "user", "content": 3}]}, "not_text"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "not_text"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "tool_call"),
        ({"messages": [{"role": "assistant", "content": "x", "weight": 0}]}, "not_to_be_learned"),
        ({"messages": [{"role": "assistant", "content": "x", "weight": "1"}]}, "bad_weight"),
        ({"topics": [1]}, "bad_topics"),
        ({"id": {"a": 1}}, "bad_id"),
        ({"id": True}, "bad_id"),
        ({"id": 10**30}, "bad_id"),
    ],
)
def test_what_is_not_understood_has_a_stable_reason(change: dict[str, Any], why: str) -> None:
    assert reason("messages", GOOD | change) == why


def test_an_answer_of_weight_zero_is_learned_only_when_told_so() -> None:
    turns = [
        {"role": "user", "content": "Hi", "weight": 0},
        {"role": "assistant", "content": "Hello", "weight": 0},
    ]
    (refused,) = parse("messages", {"messages": turns})
    assert isinstance(refused, Reject)
    assert "weights: ignore" in refused.detail
    told = Source(path="-", weights="ignore")
    assert parse("messages", {"messages": turns}, told) == [Conversation("", (HI, HELLO))]


def test_tools_are_refused_or_left_out_as_the_source_says() -> None:
    called = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    asked, result = {"role": "user", "content": "Sun?"}, {"role": "tool", "content": "yes"}
    said = {"role": "assistant", "content": "It shines."}
    record = {"messages": [asked, called, result, said]}
    (refused,) = parse("messages", record)
    assert isinstance(refused, Reject)
    assert refused.reason == "tool_call"
    assert "tools: skip" in refused.detail
    (kept,) = parse("messages", record, Source(path="-", tools="skip"))
    assert isinstance(kept, Conversation)
    assert kept.messages == (Message("user", "Sun?"), Message("assistant", "It shines."))
    odd = {"messages": [{"role": ["tool"], "content": "x"}]}
    assert isinstance(parse("messages", odd, Source(path="-", tools="skip"))[0], Reject)


@pytest.mark.parametrize("name", ["messages", "sharegpt", "topical_chat", "transcript", "table"])
def test_a_conversation_of_two_people_needs_a_mapping_and_the_reason_says_which(name: str) -> None:
    record: Any = {
        "messages": {"messages": [{"role": "anna", "content": "Hi"}, {"role": "ben", "content": "Hello"}]},
        "sharegpt": {"conversations": [{"from": "anna", "value": "Hi"}, {"from": "ben", "value": "Hello"}]},
        "topical_chat": {"content": [{"agent": "anna", "message": "Hi"}, {"agent": "ben", "message": "Hello"}]},
        "transcript": "anna: Hi\nben: Hello",
        "table": [
            {"conversation_id": "", "role": "anna", "content": "Hi"},
            {"conversation_id": "", "role": "ben", "content": "Hello"},
        ],
    }[name]  # fmt: skip
    if name == "table":
        record = [row | {"conversation_id": "c"} for row in record]
    (refused,) = parse(name, record, PLAIN)
    assert isinstance(refused, Reject)
    assert refused.reason == "unknown_role"
    assert "speakers: {'anna': user}" in refused.detail
    told = Source(path="-", speakers={"anna": "user", "ben": "assistant"})
    (talk,) = parse(name, record, told)
    assert isinstance(talk, Conversation)
    assert talk.messages == (HI, HELLO)


def test_in_a_transcript_with_named_speakers_other_names_are_text() -> None:
    told = Source(path="-", speakers={"Anna B.": "user", "Ben": "assistant"})
    text = "12.05.2026, 10:01 - Anna B.: Hi\n12.05.2026, 10:02 - Ben: Hello\nNote: 5 EUR"
    (talk,) = parse("transcript", text, told)
    assert isinstance(talk, Conversation)
    assert talk.messages == (HI, Message("assistant", "Hello\nNote: 5 EUR"))


def test_preferences_in_all_their_layouts() -> None:
    bad = Message("assistant", "What?")
    user, good = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}
    worse = {"role": "assistant", "content": "What?"}
    for record in (
        {"prompt": [user], "chosen": [good], "rejected": [worse]},
        {"chosen": [user, good], "rejected": [user, worse]},
        {"prompt": "Hi", "chosen": [user, good], "rejected": [user, worse]},
        {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello", "rejected": "\n\nHuman: Hi\n\nAssistant: What?"},
        {"input": {"messages": [user]}, "preferred_output": [good], "non_preferred_output": [worse]},
        {"conversations": [{"from": "human", "value": "Hi"}], "chosen": {"from": "gpt", "value": "Hello"},
         "rejected": {"from": "gpt", "value": "What?"}},
    ):  # fmt: skip
        assert parse("preference", record) == [Preference("", (HI,), (HELLO,), (bad,))]
    same = {"prompt": "Hi", "chosen": "Hello", "rejected": "Hello"}
    assert parse("preference", same) == [Conversation("", (HI, HELLO))]
    assert reason("preference", {"chosen": [user, good], "rejected": [worse]}) == "bad_pair"
    assert reason("preference", {"chosen": [user, good], "rejected": [good, worse]}) == "bad_pair"


def test_a_thumb_down_is_a_rejected_answer_and_no_conversation() -> None:
    row = {"prompt": "Hi", "completion": "Hello", "label": False}
    assert parse("kto", row) == [Preference("", (HI,), (), (HELLO,))]
    assert parse("kto", row | {"label": "False"}) == parse("kto", row)
    assert reason("kto", row | {"label": "good"}) == "bad_label"


def rows_of_a_tree() -> list[dict[str, Any]]:
    texts = [
        ("m1", None, "prompter", "Hi"),
        ("m2", "m1", "assistant", "What?"),
        ("m3", "m1", "assistant", "Hello"),
    ]
    ranks = {"m2": 1, "m3": 0}
    return [
        {"message_tree_id": "m1", "message_id": name, "parent_id": parent, "role": role, "text": text, "rank": ranks.get(name)}
        for name, parent, role, text in texts
    ]  # fmt: skip


def test_a_tree_gives_its_best_path_or_all_that_end_with_an_answer() -> None:
    tree = RECORDS["oasst"]
    every = parse("oasst", tree, Source(path="-", paths="all"))
    assert every == [
        Conversation("m3", (HI, HELLO)),
        Conversation("m2", (HI, Message("assistant", "What?"))),
    ]
    assert parse("oasst", rows_of_a_tree()) == every[:1]
    assert FORMATS["oasst"].key(rows_of_a_tree()[0], PLAIN) == "m1"  # type: ignore[misc]
    alone = {"message_tree_id": "m", "prompt": {"role": "prompter", "text": "Hi", "replies": []}}
    assert reason("oasst", alone) == "no_answer"


@pytest.mark.parametrize(
    "change", [{"parent_id": "m9"}, {"parent_id": None}, {"message_id": "m1"}, {"parent_id": "m3"}]
)
def test_rows_that_are_no_tree_are_refused_whole(change: dict[str, Any]) -> None:
    rows = rows_of_a_tree()
    rows[2] |= change
    assert reason("oasst", rows) == "bad_tree"


def test_stories_take_their_texts_from_the_other_files_of_the_project() -> None:
    known = FORMATS["rasa_stories"]
    domain = {"responses": {"utter_greet": [{"text": "Hello"}, {"text": "Hey"}]}}
    nlu = {
        "nlu": [
            {"intent": "greet", "examples": "- Hi\n- hey there\n"},
            {"synonym": "x", "examples": "- y"},
        ]
    }
    texts = known.lookup([domain, nlu, None, 3])  # type: ignore[misc]
    assert texts["intent greet"], texts["utter_greet"] == ("Hi", "Hello")
    assert known.unpack(domain, texts) == known.unpack(nlu, texts) == []  # type: ignore[misc]
    story = {
        "stories": [
            {
                "story": "s",
                "steps": [
                    {"or": [{"intent": "greet"}, {"intent": "x"}]},
                    {"action": "utter_greet"},
                ],
            }
        ]
    }
    assert parse("rasa_stories", story) == [Conversation("s", (HI, HELLO))]


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ({"action": "action_weather"}, "no_text"),
        ({"intent": "unheard_of"}, "no_text"),
        ({"checkpoint": "c"}, "fragment"),
        ({"user": 3}, "not_text"),
        ("hi", "bad_message"),
    ],
)
def test_a_story_that_does_not_say_all_is_left_out(step: object, why: str) -> None:
    assert (
        reason("rasa_stories", {"stories": [{"story": "s", "steps": [{"intent": "greet"}, step]}]})
        == why
    )


def test_dialogflow_conversations_and_logs() -> None:
    said = [
        {"requestUtterances": "Bye", "responseUtterances": "See you", "createTime": "2026-01-05T10:01:00Z"},
        {"requestUtterances": "Hi", "responseUtterances": "Hello", "createTime": "2026-01-05T10:00:00.5Z"},
    ]  # fmt: skip
    end = (Message("user", "Bye"), Message("assistant", "See you"))
    talk = {"name": "projects/p/conversations/c-1", "interactions": said}
    assert parse("dialogflow_cx", talk) == [Conversation("c-1", (HI, HELLO, *end))]
    row = {
        "conversation_name": "projects/p/sessions/s-1",
        "turn_position": "2",
        "request": '{"queryInput": {"text": {"text": "Hi"}}}',
        "response": {"query_result": {"response_messages": [{"text": {"text": ["Hello"]}}, {"payload": {}}]}},
    }  # fmt: skip
    welcome = row | {
        "turn_position": "1",
        "request": {"queryInput": {"event": {"event": "WELCOME"}}},
    }
    rows = parse("dialogflow_cx", [row, welcome])
    assert rows == [Conversation("s-1", (HELLO, HI, HELLO))]
    silent = row | {"response": {"queryResult": {"responseMessages": [{"payload": {}}]}}}
    assert reason("dialogflow_cx", [silent]) == "no_text"


def test_a_table_of_questions_and_answers() -> None:
    assert parse("table", {"frage": "Hi", "antwort": "Hello"}, FAQ) == [
        Conversation("", (HI, HELLO))
    ]
    assert reason("table", {"frage": "Hi", "antwort": ""}, FAQ) == "no_answer"
    assert reason("table", {"frage": "Hi", "antwort": 3}, FAQ) == "not_text"
    assert reason("table", {"frage": "Hi"}, FAQ) == "no_column"


def test_a_prompt_that_waits_for_its_answer_is_no_empty_turn() -> None:
    record = {"prompt": "\n\nHuman: Hi\n\nAssistant:", "completion": " Hello"}
    (talk,) = parse("prompt_completion", record)
    assert isinstance(talk, Conversation)
    assert talk.messages == (HI, Message("assistant", " Hello"))


def test_the_turns_table_is_a_source_itself() -> None:
    row = {"conversation_id": "c", "turn": 0, "role": "user", "content": "Hi", "topics": ["a"]}
    assert parse("table", [row]) == [Conversation("c", (HI,), ("a",))]


def test_rows_of_a_conversation_in_the_order_of_a_column() -> None:
    columns = Columns(conversation="chat", role="who", content="text", turn="no", topic="about")
    source = Source(path="-", columns=columns)
    rows = [
        {"chat": 7, "who": "bot", "text": "Hello", "no": "10", "about": "greeting"},
        {"chat": 7, "who": "user", "text": "Hi", "no": "9", "about": "greeting"},
    ]
    assert parse("table", rows, source) == [Conversation("7", (HI, HELLO), ("greeting",))]
    assert reason("table", [rows[0] | {"no": "soon"}], source) == "bad_order"
    assert reason("table", {**rows[0], "chat": None}, source) == "bad_id"
