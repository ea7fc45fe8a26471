import pytest

from chatloop.errors import UserError
from chatloop.params.data import Canaries
from chatloop.probing.canaries import as_json, drawn, from_json, planted, references

PARAMS = Canaries(repeats=(1, 5, 20), each=2, digits=4, seed=7)


def test_every_canary_is_planted_as_often_as_asked_and_the_controls_never() -> None:
    canaries = drawn(PARAMS)
    assert [one.repeats for one in canaries] == [0, 0, 1, 1, 5, 5, 20, 20]
    assert len({one.name for one in canaries}) == len(canaries)
    talks = planted(canaries)
    assert len(talks) == 2 * (1 + 5 + 20)
    for one in canaries:
        told = [talk for talk in talks if one.secret in talk.messages[1].content]
        assert len(told) == one.repeats


def test_canaries_are_the_same_for_a_seed_and_survive_the_file() -> None:
    assert drawn(PARAMS) == drawn(PARAMS) == from_json(as_json(drawn(PARAMS)))
    assert drawn(PARAMS) != drawn(PARAMS.model_copy(update={"seed": 8}))


@pytest.mark.parametrize("count", [50, 5000])
def test_references_are_other_secrets_of_the_same_format(count: int) -> None:
    for one in drawn(PARAMS.model_copy(update={"digits": 3})):
        others = references(one, count, 1)
        assert len(others) == len(set(others)) == min(count, 999)
        assert one.secret not in others
        assert {len(other) for other in others} == {len(one.secret)}


def test_more_canaries_than_names_is_one_clear_line() -> None:
    with pytest.raises(
        UserError, match=r"^tokenize.canaries: 800 canaries, there are names for 400"
    ):
        drawn(PARAMS.model_copy(update={"each": 200}))
