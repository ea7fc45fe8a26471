import polars as pl
import pytest

from chatloop.cleaning.rules import COPIES, RULES
from chatloop.errors import UserError
from chatloop.params.data import RULE_NAMES
from tests.stages_of_clean import judge_all

GOOD = ["Where is my parcel?", "It left us today."]


def reason(turns: pl.DataFrame, params) -> str:
    """Why the first conversation is rejected; `kept` when it is not."""
    reasons = judge_all(turns, params).rejects.filter(pl.col("conversation_id") == "c0")["reason"]
    return reasons[0] if len(reasons) else "kept"


def test_the_order_of_rules_is_behaviour_and_their_names_are_those_of_params():
    order = [*(rule.name for rule in RULES), *COPIES]
    assert tuple(order) == RULE_NAMES
    assert order == [
        "empty_turn",
        "roles_out_of_order",
        "answer_missing",
        "almost_empty",
        "broken_encoding",
        "wrong_script",
        "too_long",
        "too_repetitive",
        "only_links_or_code",
        "refusal",
        "wrong_language",
        "duplicate",
        "near_duplicate",
    ]


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        (GOOD, "kept"),
        (["Hi", ""], "empty_turn"),
        (["Hi", " \n"], "empty_turn"),
        (["Hi", "caf\ufffd"], "broken_encoding"),
        (["Где моя посылка?", "It left us."], "wrong_script"),
        (["Where is my Привет parcel of today please", "It left."], "kept"),
        (["12345 !?", "👍"], "kept"),
        (["x" * 80, "ok"], "kept"),
        (["x" * 81, "ok"], "too_long"),
        (["", "x" * 81], "empty_turn"),
        (["где\ufffd", "x" * 81], "broken_encoding"),
    ],
)
def test_a_turn_rejects_its_conversation(contents, why, params, talks):
    assert reason(talks(contents), params) == why


@pytest.mark.parametrize(
    ("roles", "why"),
    [
        ("ua", "kept"),
        ("uaua", "kept"),
        ("sua", "kept"),
        ("au", "roles_out_of_order"),
        ("uua", "roles_out_of_order"),
        ("uaa", "roles_out_of_order"),
        ("usa", "roles_out_of_order"),
        ("ssua", "roles_out_of_order"),
        ("sau", "roles_out_of_order"),
        ("u", "answer_missing"),
        ("uau", "answer_missing"),
        ("s", "answer_missing"),
        ("su", "answer_missing"),
    ],
)
def test_roles_alternate_and_the_assistant_has_the_last_word(roles, why, params, talks):
    turns = talks([f"turn {n}" for n in range(len(roles))], roles=roles)
    assert reason(turns, params) == why


def test_turns_are_judged_by_number_and_not_by_the_order_of_rows(params, talks):
    assert reason(talks(GOOD).reverse(), params) == "kept"


def test_a_copy_is_one_whatever_its_case_and_spaces_and_the_lowest_id_stays(params, talks):
    turns = talks(GOOD, ["where is  MY parcel?", "It\nleft us today."], ["Where is it?", "Here."])
    judged = judge_all(turns, params)
    assert judged.reasons["duplicate"] == 1
    assert judged.rejects["cluster"].to_list() == ["c0", "c0"]
    assert judged.kept["conversation_id"].unique(maintain_order=True).to_list() == ["c0", "c2"]


def test_words_of_another_speaker_are_no_copy(params, talks):
    assert judge_all(talks(["a b", "c d"], ["a b c", "d"]), params).reasons["duplicate"] == 0


SAID = "my lamp with the green shade came broken in its box so how do i send it back to you now"


def test_a_twin_differs_by_a_few_words_and_the_lowest_id_stays(params, talks):
    loose = params.model_copy(update={"max_turn_chars": 200})
    other = "i ordered two chairs but only one was in the parcel that came to my door last week"
    turns = talks([other, "Sorry!"], [SAID, "Use the form."], [SAID + " please", "Use the form."])
    judged = judge_all(turns, loose)
    assert judged.reasons["near_duplicate"] == 1
    assert judged.rejects["conversation_id"].unique().to_list() == ["c2"]
    assert judged.rejects["cluster"].unique().to_list() == ["c1"]


def test_the_same_system_prompt_makes_no_twins(params, talks):
    loose = params.model_copy(update={"max_turn_chars": 2000})
    turns = talks([SAID * 9, "where is it", "here"], [SAID * 9, "who are you", "me"], roles="sua")
    assert judge_all(turns, loose).rejects.is_empty()


def test_another_system_prompt_makes_another_conversation(params, talks):
    turns = talks(["Be kind.", "Hi", "Hello"], ["Be brief.", "Hi", "Hello"], roles="sua")
    assert judge_all(turns, params).reasons["duplicate"] == 0


def test_a_good_conversation_is_no_copy_of_a_rejected_one(params, talks):
    turns = talks(["x" * 81, "ok"], ["X" * 80, "ok"])
    assert judge_all(turns, params).kept["conversation_id"].unique().to_list() == ["c1"]


def test_an_unknown_script_is_the_users_mistake(params, talks):
    wrong = params.model_copy(update={"scripts": ("Latin", "Klingon")})
    with pytest.raises(UserError, match=r"clean\.scripts: Latin, Klingon"):
        judge_all(talks(GOOD), wrong)
