"""A batch answers as one by one would."""

from typing import Any

import pytest

from chatloop.conversation import Message
from chatloop.modeling.answering import Chatter, Sampling, answer
from chatloop.modeling.batching import answers, answers_or_none
from chatloop.tokens.rendering import Renderer

WISH = Sampling(max_tokens=8)
TALKS = [[Message("user", "where is my order " * n)] for n in (1, 3, 2, 1)]


@pytest.fixture
def chatter(small_model: Any, chatml: Any) -> Chatter:
    return Chatter(small_model, chatml, Renderer(chatml))


def test_a_batch_answers_as_one_by_one(chatter: Chatter) -> None:
    assert answers(chatter, TALKS, WISH) == [answer(chatter, talk, WISH) for talk in TALKS]
    assert answers(chatter, [], WISH) == []


def test_one_that_the_model_cannot_hold_is_none_and_the_others_are_answered(
    chatter: Chatter,
) -> None:
    talks = [TALKS[0], [Message("user", "x" * 500)], TALKS[1]]
    found = answers_or_none(chatter, talks, WISH)
    assert found == [answer(chatter, talks[0], WISH), None, answer(chatter, talks[2], WISH)]
