from dataclasses import replace
from typing import Any

import pytest

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.modeling.answering import Chatter, Sampling, answer, fit_prompt, stream
from chatloop.tokens.rendering import Renderer

ASK = [Message("user", "where is my order")]
WISH = Sampling(temperature=1.0, max_tokens=12, seed=3)


@pytest.fixture
def chatter(small_model: Any, chatml: Any) -> Chatter:
    return Chatter(small_model, chatml, Renderer(chatml))


def test_the_same_seed_gives_the_same_answer_and_another_another(chatter: Chatter) -> None:
    assert answer(chatter, ASK, WISH) == answer(chatter, ASK, WISH)
    assert answer(chatter, ASK, WISH) != answer(chatter, ASK, replace(WISH, seed=4))


def test_pieces_of_a_stream_make_the_whole_answer(chatter: Chatter) -> None:
    assert "".join(stream(chatter, ASK, WISH)).strip() == answer(chatter, ASK, WISH)


def test_the_oldest_exchanges_go_first_when_the_context_is_full(chatter: Chatter) -> None:
    talk = [Message("system", "Be kind.")]
    for at in range(9):
        talk += [Message("user", f"question {at}"), Message("assistant", "reply")]
    talk.append(Message("user", "last one"))
    prompt, room = fit_prompt(chatter, talk, 32)
    text = str(chatter.tokenizer.decode(prompt))
    assert text.startswith("<|im_start|>system\nBe kind.")
    assert "question 0" not in text
    assert "last one" in text
    assert len(prompt) + room <= chatter.context


def test_a_message_that_the_model_cannot_hold_is_one_line(chatter: Chatter) -> None:
    with pytest.raises(UserError, match="shorten it"):
        answer(chatter, [Message("user", "x" * 500)], WISH)
