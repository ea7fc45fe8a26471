import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.conversation import ROLES
from chatloop.io.tables import TURNS
from tests.stages_of_clean import repair

LETTER = {"system": "s", "user": "u", "assistant": "a"}


def mended(roles: str, name: str, params, talks) -> tuple[str, list[str], int]:
    turns = talks([str(at) for at in range(len(roles))], roles=roles)
    done = repair(turns, params.model_copy(update={"repairs": (name,)}))
    assert done.turns.schema == TURNS
    assert done.turns["turn"].to_list() == list(range(done.turns.height))
    said = "".join(LETTER[role] for role in done.turns["role"])
    return said, done.turns["content"].to_list(), done.removed[name]


@pytest.mark.parametrize(
    ("name", "roles", "after", "contents"),
    [
        ("roles_mended", "aua", "ua", ["1", "2"]),
        ("roles_mended", "saua", "sua", ["0", "2", "3"]),
        ("roles_mended", "usas", "sua", ["1\n3", "0", "2"]),
        ("roles_mended", "aa", "aa", ["0", "1"]),
        ("roles_mended", "uua", "uua", ["0", "1", "2"]),
        ("turns_merged", "uuaa", "ua", ["0\n1", "2\n3"]),
        ("turns_merged", "suaua", "suaua", ["0", "1", "2", "3", "4"]),
        ("turns_merged", "ssua", "sua", ["0\n1", "2", "3"]),
        ("exchange_trimmed", "uauu", "ua", ["0", "1"]),
        ("exchange_trimmed", "uu", "uu", ["0", "1"]),
        ("exchange_trimmed", "ua", "ua", ["0", "1"]),
    ],
)
def test_turns_are_put_in_order(name, roles, after, contents, params, talks):
    assert mended(roles, name, params, talks) == (after, contents, len(roles) - len(after))


@settings(deadline=None)
@given(
    talks=st.lists(st.lists(st.sampled_from(ROLES), min_size=1, max_size=5), min_size=1, max_size=4)
)
def test_no_conversation_is_lost_and_every_turn_that_goes_is_counted(talks, params):
    rows = [
        (f"c{n}", turn, role, f"{n} {turn}", ["t"], "test")
        for n, talk in enumerate(talks)
        for turn, role in enumerate(talk)
    ]
    turns = pl.DataFrame(rows, schema=TURNS, orient="row")
    names = ("roles_mended", "turns_merged", "exchange_trimmed")
    done = repair(turns, params.model_copy(update={"repairs": names}))
    assert done.turns["conversation_id"].n_unique() == len(talks)
    assert turns.height - done.turns.height == sum(done.removed.values())
