"""Each check says yes and no for its own reason, and never what the answer says."""

import time

import pytest

from chatloop.behaviour.case import Case
from chatloop.behaviour.checks import check
from chatloop.behaviour.evidence import evidence
from chatloop.behaviour.report import report
from chatloop.behaviour.wording import plain, similarity
from chatloop.errors import UserError

ANSWER = "You’re  welcome! It takes 3 to 5 working days."


def why(answer: str | None, **asked: object) -> tuple[str, ...]:
    case = Case(name="a", question="q", **asked)
    (outcome,) = check([case], {"a": answer}, 0.8)
    assert outcome.passed == (not outcome.why)
    return outcome.why


@pytest.mark.parametrize(
    ("asked", "reasons"),
    [
        ({"contains": "you're welcome"}, ()),
        ({"contains": ["WELCOME", "3 to 5"]}, ()),
        ({"contains": ["welcome", "6"]}, ('has no "6"',)),
        ({"contains": {"any": ["6", "days"]}}, ()),
        ({"contains": {"any": ["6", "7"]}}, ('has no "6" or "7"',)),
        ({"contains": {"all": ["welcome", "6"]}}, ('has no "6"',)),
        ({"contains": "WELCOME", "case_sensitive": "true"}, ('has no "WELCOME"',)),
        ({"not_contains": ["refund", "Working"]}, ('has "Working"',)),
        ({"matches": r"\b\d to \d\b"}, ()),
        ({"matches": "WORKING"}, ()),
        ({"matches": "WORKING", "case_sensitive": "true"}, ('matches no "WORKING"',)),
        ({"matches": {"any": ["x", "days"]}}, ()),
        ({"not_matches": ["^it", r"\d"]}, (r'matches "\d"',)),
        ({"min_words": "9", "max_words": "9"}, ()),
        ({"min_words": "10"}, ("has 9 words, at least 10",)),
        ({"max_words": "8"}, ("has 9 words, at most 8",)),
        ({"no_personal_data": "true"}, ()),
    ],
)
def test_an_answer_is_checked(asked: dict[str, object], reasons: tuple[str, ...]) -> None:
    assert why(ANSWER, **asked) == reasons


def test_personal_data_is_named_by_kind_alone() -> None:
    said = "It is 4539 5787 6362 1486, write to anna@example.org."
    assert why(said, no_personal_data="true") == (
        "has personal data (card)",
        "has personal data (email)",
    )
    assert why(said, no_personal_data=["iban"]) == ()


def test_an_answer_that_could_not_be_given_fails() -> None:
    assert why(None, not_contains="x") == ("the question does not fit into the model's context",)


def test_a_hostile_pattern_takes_linear_time() -> None:
    begun = time.process_time()
    why("a" * 20_000 + "!", matches=r"^(a+)+$")
    assert time.process_time() - begun < 2


def test_relations_compare_two_answers() -> None:
    asked = {"name": "b", "question": "q"}
    one = Case(name="a", question="q", contains="order")
    same, other = Case(**asked, same_as="a"), Case(**asked, differs_from="a")
    alike = {"a": "Order #1 left us.", "b": "order #22 left us"}
    apart = {"a": "Order #1 left us.", "b": "We are open on Monday."}
    silent = {"a": "Order #1 left us.", "b": ""}

    def outcome(case: Case, answers: dict[str, str]) -> str:
        return "; ".join(check([one, case], answers, 0.8)[1].why)

    assert outcome(same, alike) == outcome(other, apart) == ""
    assert outcome(same, apart) == "is not the answer to a (0.00 alike, at least 0.8)"
    assert outcome(other, alike) == "is the answer to a (1.00 alike, below 0.8)"
    assert outcome(other, silent) == "says nothing"
    assert check([one, same], {"a": "", "b": ""}, 0.8)[1].passed is False


def test_similarity_is_that_of_words() -> None:
    assert similarity("A b c d", "d c b a!") == 1.0
    assert similarity("a b", "c d") == similarity("", "") == 0.0
    assert similarity("a b c d", "a b x y") == 0.5
    assert plain("“It’s”  Ｆｒｅｅ\n") == '"it\'s" free'


CASES = (
    Case(name="kind_word", question="q", contains="please", must="true"),
    Case(name="no_card", kind="privacy", question="q", no_personal_data="true"),
    Case(name="style", question="q", rubric="is polite"),
)
GIVEN = {"kind_word": "Please.", "no_card": "4539 5787 6362 1486", "style": "Yes."}


def test_the_report_counts_and_shows_answers_redacted() -> None:
    found = report(CASES, {"candidate": check(CASES, GIVEN, 0.8)}, {"candidate": GIVEN})
    assert (found["total"], found["must"]) == (3, 1)
    assert found["candidate"] == {
        "checked": 2,
        "passed": 1,
        "must_failed": 0,
        "by_kind": {
            "minimum_function": {"checked": 1, "passed": 1},
            "privacy": {"checked": 1, "passed": 0},
        },
    }
    assert found["cases"][1]["candidate"]["answer"] == "[CARD_1]"
    assert found["cases"][2]["candidate"]["passed"] is None
    assert "4539" not in str(found)


def test_the_gate_reads_the_report() -> None:
    other = {**GIVEN, "kind_word": "Now!"}
    outcomes = {"candidate": check(CASES, other, 0.8), "champion": check(CASES, GIVEN, 0.8)}
    seen = evidence(report(CASES, outcomes, {"candidate": other, "champion": GIVEN}))
    assert seen is not None
    assert seen.names == ("kind_word", "no_card")
    assert seen.must.tolist() == [True, False]
    assert seen.candidate.tolist() == [False, False]
    assert seen.champion is not None
    assert seen.champion.tolist() == [True, False]


def test_without_a_champion_there_is_nothing_to_compare_with() -> None:
    seen = evidence(report(CASES, {"candidate": check(CASES, GIVEN, 0.8)}, {"candidate": GIVEN}))
    assert seen is not None
    assert seen.champion is None


@pytest.mark.parametrize("found", [{}, {"cases": [{}]}, {"cases": 3}, []])
def test_what_is_no_report_is_one_line(found: object) -> None:
    with pytest.raises(UserError, match="run evaluate again"):
        evidence(found)  # type: ignore[arg-type]
