import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.errors import UserError
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.policy import Policy
from chatloop.privacy.redaction import count_personal_data, redact, redact_people
from chatloop.privacy.suspecting.reading import found_in


def table(*contents: str) -> pl.DataFrame:
    rows = range(len(contents))
    return pl.DataFrame({"conversation_id": "c", "turn": list(rows), "content": list(contents)})


def redacted(*contents: str, policy: Policy, kinds: tuple[str, ...] = KINDS) -> list[str]:
    return redact(table(*contents), kinds, policy).turns["content"].to_list()


def test_a_pattern_of_the_users_is_a_kind_with_numbers_of_its_own():
    policy = Policy({"order_number": r"ORD-\d{6}"})
    first = "ORD-482913 and ORD-482914, a@b.co"
    found = redact(table(first, "ORD-482914!"), KINDS, policy)
    assert found.turns["content"].to_list() == [
        "[ORDER_NUMBER_1] and [ORDER_NUMBER_2], [EMAIL_1]",
        "[ORDER_NUMBER_2]!",
    ]
    assert found.counts["order_number"] == 3
    again = redact(found.turns, KINDS, policy)
    assert again.turns.equals(found.turns)
    assert count_personal_data(pl.Series([first]), KINDS, policy).to_list() == [3]


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ({"order": "ORD-("}, r"clean\.patterns\.order: 'ORD-\(' is no pattern"),
        ({"order": r"(?=a)b"}, r"clean\.patterns\.order: .* is no pattern"),
        ({"order": "x*"}, r"clean\.patterns\.order: 'x\*' matches nothing at all"),
        ({"email": "x"}, r"clean\.patterns\.email: is the name of a kind"),
    ],
)
def test_a_bad_pattern_is_one_line_that_names_its_key(patterns, message):
    with pytest.raises(UserError, match=message) as error:
        redacted("x", policy=Policy(patterns))
    assert "\n" not in str(error.value)


def test_hostile_text_does_not_stall_a_pattern_that_backtracking_would_choke_on():
    policy = Policy({"odd": "(?:a+)+b"})
    assert redacted("a" * 100_000, policy=policy, kinds=()) == ["a" * 100_000]


def test_allowed_values_and_domains_stay_whatever_their_case_and_grouping():
    policy = Policy(values=("Help@Shop.example", "(408) 971-8523"), domains=("our.example",))
    text = "help@shop.example 408-971-8523 x@our.example y@mail.our.example"
    assert redacted(text, policy=policy) == [text]
    assert redacted("z@notour.example", policy=policy) == ["[EMAIL_1]"]
    assert count_personal_data(pl.Series([text]), KINDS, policy).to_list() == [0]


def test_the_mapping_says_what_each_placeholder_stands_for_once():
    found = redact(table("a@b.co and c@d.co", "a@b.co"), KINDS)
    assert found.mapping == [("c", "[EMAIL_1]", "a@b.co"), ("c", "[EMAIL_2]", "c@d.co")]


def test_what_a_model_takes_for_people_is_redacted_outside_of_placeholders():
    def people(text: str) -> list[tuple[int, int]]:
        return [(at, at + 6) for at in [text.find("Zorana")] if at >= 0] + [(0, 9)]

    found = redact_people(table("[EMAIL_1] asks Zorana"), people)
    assert found.turns["content"].to_list() == ["[EMAIL_1] asks [PERSON_1]"]
    assert found.counts == {"person": 1}


def test_what_is_allowed_of_one_kind_says_nothing_about_another():
    policy = Policy(values=("408-971-8523",))
    content = redacted("Call 408-971-8523, or ping 2001:db8::8a2e:370:7334", policy=policy)
    assert content == ["Call 408-971-8523, or ping [IPV6_1]"]


@given(st.text(alphabet="abc", max_size=30))
@settings(max_examples=150)
def test_where_own_patterns_overlap_the_first_name_takes_it(text: str) -> None:
    policy = Policy({"one": "ab+", "three": "[abc]{3}", "two": "ba"})
    taken: list[tuple[int, int, str]] = []
    for name, pattern in sorted(policy.patterns.items()):
        for found in re.finditer(pattern, text):
            start, end = found.span()
            if all(end <= other or start >= stop for other, stop, _ in taken):
                taken.append((start, end, name))
    spans = found_in(pl.Series([text]), [], policy).get(0, [])
    assert [(start, end, one.kind) for start, end, one in spans] == sorted(taken)
