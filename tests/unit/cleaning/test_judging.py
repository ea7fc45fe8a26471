import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.cleaning.judging import judge
from chatloop.cleaning.rules import Rule, chosen
from chatloop.conversation import ROLES
from chatloop.io.tables import REJECTED_TURNS, TURNS
from tests.stages_of_clean import repair

TEXT = st.one_of(st.text(max_size=20), st.sampled_from(["Hi", "hi ", "", "x" * 99, "д", "\ufffd"]))
ROWS = st.lists(
    st.lists(st.tuples(st.sampled_from(ROLES), TEXT), min_size=1, max_size=4), max_size=6
)


@settings(deadline=None, max_examples=50)
@given(talks=ROWS)
def test_nothing_is_lost_and_every_reject_has_one_reason(talks, params):
    rows = [
        (f"c{n}", turn, role, text, [], "test")
        for n, talk in enumerate(talks)
        for turn, (role, text) in enumerate(talk)
    ]
    turns = repair(pl.DataFrame(rows, schema=TURNS, orient="row"), params).turns
    judged = judge(turns, params)
    both = pl.concat([judged.kept, judged.rejects.select(turns.columns)])
    assert both.sort("conversation_id", "turn").equals(turns.sort("conversation_id", "turn"))
    assert not set(judged.kept["conversation_id"]) & set(judged.rejects["conversation_id"])
    named = judged.rejects.group_by("conversation_id").agg(pl.col("reason").n_unique())
    assert named["reason"].to_list() == [1] * sum(judged.reasons.values())


def test_an_empty_table_is_judged_too(params):
    judged = judge(TURNS.to_frame(), params)
    assert judged.kept.schema == TURNS
    assert judged.rejects.schema == REJECTED_TURNS
    assert judged.reasons == dict.fromkeys([rule.name for rule in chosen(params)], 0)


def test_a_rule_is_a_name_and_an_expression(params, talks):
    shouts = Rule("shouts", lambda _: pl.col("content").str.contains("!", literal=True))
    judged = judge(talks(["Hi!", "Hello"], ["Hi", "Hello"]), params, [shouts])
    assert judged.reasons == {"shouts": 1}
    assert judged.rejects["reason"].to_list() == ["shouts", "shouts"]
