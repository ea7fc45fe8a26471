from itertools import chain
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.conversation import Conversation, Message
from chatloop.errors import UserError
from chatloop.io.tables import turns_of
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.redaction import count_personal_data, redact
from chatloop.privacy.suspecting import suspicion

VALUES = ["anna@example.org", "bob@example.org", "408-971-8523", "4539 5787 6362 1486"]
TEXT = st.lists(
    st.one_of(
        st.sampled_from(
            [*VALUES, "[EMAIL_1]", "[PHONE_7]", "[EMAIL_999999999]", " ", "://", "+1 "]
        ),
        st.emails(),
        st.ip_addresses().map(str),
        st.text(max_size=4),
    ),
    max_size=8,
).map("".join)
TALKS = st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=3)


def table(*talks: list[str]) -> pl.DataFrame:
    return turns_of(
        (
            Conversation(f"c{number}", tuple(Message("user", text) for text in talk))
            for number, talk in enumerate(talks)
        ),
        "test",
    )


def redacted(*talks: list[str], kinds: tuple[str, ...] = KINDS) -> list[str]:
    return redact(table(*talks), kinds)[0]["content"].to_list()


def test_the_same_value_is_the_same_placeholder_and_numbers_follow_appearance():
    assert redacted(
        ["I am anna@example.org or bob@example.org.", "Not Bob@Example.org: anna@example.org!"],
        ["bob@example.org"],
    ) == ["I am [EMAIL_1] or [EMAIL_2].", "Not [EMAIL_2]: [EMAIL_1]!", "[EMAIL_1]"]


def test_the_same_number_is_the_same_however_it_is_grouped():
    assert redacted(
        ["(408) 971-8523", "408.971.8523", "4539-5787-6362-1486, 4539578763621486"]
    ) == [
        "[PHONE_1]",
        "[PHONE_1]",
        "[CARD_1], [CARD_1]",
    ]


def test_appearance_follows_the_number_of_a_turn_and_rows_keep_their_order():
    turns = table(["anna@example.org", "bob@example.org"]).reverse()
    assert redact(turns, KINDS)[0]["content"].to_list() == ["[EMAIL_2]", "[EMAIL_1]"]


def test_placeholders_that_were_there_keep_their_meaning():
    assert redacted(["[EMAIL_2] and anna@example.org", "[EMAIL_1]"], ["bob@example.org"]) == [
        "[EMAIL_2] and [EMAIL_3]",
        "[EMAIL_1]",
        "[EMAIL_1]",
    ]


def test_only_the_kinds_asked_for_are_redacted_and_counted():
    turns = table(["anna@example.org, 408-971-8523, 408-971-8523"])
    private, counts, _ = redact(turns, ["phone", "iban"])
    assert private["content"].to_list() == ["anna@example.org, [PHONE_1], [PHONE_1]"]
    assert counts == {"iban": 0, "phone": 2}
    assert redact(turns, [])[0].equals(turns)


def test_nothing_but_the_content_changes():
    turns = table(["anna@example.org"], ["hello"])
    private, *_ = redact(turns, KINDS)
    assert private.drop("content").equals(turns.drop("content"))
    assert private.schema == turns.schema


def test_an_unknown_kind_is_the_users_mistake_and_the_known_ones_are_named():
    with pytest.raises(UserError, match=r"clean\.redact: emial: no such kind; known are .*email"):
        redact(table(["x"]), ["email", "emial"])
    with pytest.raises(UserError, match="emial"):
        count_personal_data(pl.Series(["x"]), ["emial"])


def test_what_is_left_is_counted_turn_by_turn():
    content = pl.Series(["anna@example.org, bob@example.org", "[EMAIL_1]", None, "Hi", "8.8.4.4"])
    assert count_personal_data(content, KINDS).to_list() == [2, 0, 0, 0, 1]
    assert count_personal_data(content, ["ipv4"]).to_list() == [0, 0, 0, 0, 1]
    assert count_personal_data(pl.Series([], dtype=pl.String), KINDS).to_list() == []


# To prepare the regexes of all kinds costs more than to read a text, so that an example has many.
@settings(max_examples=5, deadline=None)
@given(talks=st.lists(TALKS, min_size=10, max_size=20))
def test_redaction_leaves_nothing_and_again_changes_nothing(talks):
    once, *_ = redact(table(*chain.from_iterable(talks)), KINDS)
    twice, counts, _ = redact(once, KINDS)
    assert twice.equals(once)
    assert not any(counts.values())
    assert count_personal_data(once["content"], KINDS).sum() == 0


@settings(max_examples=5, deadline=None)
@given(
    talks=st.lists(
        st.tuples(st.sampled_from(VALUES), st.emails(), st.lists(TEXT, max_size=2)),
        min_size=12,
        max_size=24,
    )
)
def test_one_value_has_one_placeholder_and_no_other_value_has_it(talks):
    turns = table(*([value, *texts, f"<{other}>", value] for value, other, texts in talks))
    contents = redact(turns, KINDS).turns.group_by("conversation_id", maintain_order=True)
    for (value, other, _), (_, talk) in zip(talks, contents, strict=True):
        first, *_, named, last = talk["content"]
        assert first == last
        if other.casefold() != value:
            assert first not in named


@settings(max_examples=3, deadline=None)
@given(texts=st.lists(TEXT, min_size=30, max_size=60), parts=st.integers(2, 4))
def test_what_is_found_depends_on_no_other_text_and_on_no_part(texts, parts):
    whole = count_personal_data(pl.Series(texts), KINDS)
    with patch.object(suspicion, "_PART", len(texts) // parts):
        assert count_personal_data(pl.Series(texts[::-1]), KINDS).reverse().equals(whole)


@pytest.mark.parametrize("shift", [0, 500, 1_010, 1_024, 1_300])
@pytest.mark.parametrize("value", [*VALUES, "sk-" + "a1B2" * 900])
def test_a_value_in_a_long_text_is_found_whole_wherever_it_stands(value, shift):
    text = "so far so good, " * 300
    text = f"{text[:shift]} {value} {text[shift:]}"
    content = redact(table([text]), KINDS).turns["content"][0]
    assert content.startswith(text[:shift] + " [")
    assert content.endswith("] " + text[shift + len(value) + 2 :])


@pytest.mark.parametrize("unit", ["a@b.co ", "1 ", "[EMAIL_1] x@y.zz"])
def test_a_very_long_text_of_anything_is_redacted(unit):
    (content,) = redacted([unit * (200_000 // len(unit))])
    assert "@" not in content


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("070265 3761TY533428D", ["PHONE", "UK_NINO"]),
        ("a.berg@example.de397-42-5157", ["EMAIL", "US_SSN"]),
        ("023624-11-1958MBZ VDG 81H43 B328X", ["PHONE", "IT_CODICE_FISCALE"]),
    ],
)
def test_a_value_that_another_one_hides_is_found_when_that_is_gone(text, kinds):
    content = redact(table([text]), KINDS).turns["content"][0]
    assert content == "".join(f"[{kind}_1]" for kind in kinds)


def test_an_irish_number_beside_its_name_is_suspected():
    assert redacted(["My PPS number is 1234567 T."]) == ["My PPS number is [IE_PPS_1]."]
