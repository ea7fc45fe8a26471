from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatloop.conversation import Conversation, Message
from chatloop.reporting.ledger import tokens
from chatloop.tokens.fitting import Fitted, Fitter
from chatloop.tokens.packing import pack
from chatloop.tokens.rendering import Renderer

CONTEXT = 96
TOKENS = ("read", "repeated", "supervised", "masked", "cut", "dropped", "dropped_masked")


def conversation(sizes: list[tuple[int, int]], system: bool = False) -> Conversation:
    turns = [Message("system", "Be kind.")] if system else []
    for at, (question, reply) in enumerate(sizes):
        turns += [Message("user", f"{at}" + "q" * question), Message("assistant", "a" * reply)]
    return Conversation("c", tuple(turns))


def learned(fitted: Fitted, renderer: Renderer) -> list[str]:
    """The answers that are trained on, in order."""
    text = "".join(
        str(renderer.tokenizer.decode(example.ids[example.supervised]))
        for example in fitted.examples
    )
    return text.split("<|im_end|>")[:-1]


@pytest.fixture(scope="module")
def renderer(chatml: Any) -> Renderer:
    return Renderer(chatml)


sizes = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 60)), min_size=1, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(talks=st.lists(st.tuples(sizes, st.booleans()), min_size=1, max_size=4))
def test_every_answer_is_kept_whole_or_counted_as_dropped(
    renderer: Renderer, talks: list[tuple[list[tuple[int, int]], bool]]
) -> None:
    conversations = [conversation(size, system) for size, system in talks]
    fitted = Fitter(renderer, CONTEXT, "split").fit(conversations)
    answers = [m.content for c in conversations for m in c.messages if m.role == "assistant"]
    kept, dropped = fitted.ledger.answers["kept"], fitted.ledger.answers["dropped_too_long"]
    assert kept + dropped == len(answers)
    assert kept == len(learned(fitted, renderer))
    assert all(len(example.ids) <= CONTEXT for example in fitted.examples)
    assert fitted.ledger.conversations.total() == len(conversations)
    assert tokens({name: fitted.ledger.tokens[name] for name in TOKENS}, "test")


def test_a_long_conversation_is_split_at_a_turn_boundary_with_its_system_turn(chatml: Any) -> None:
    renderer = Renderer(chatml)
    fitted = Fitter(renderer, CONTEXT, "split").fit([conversation([(10, 10)] * 4, system=True)])
    assert len(fitted.examples) > 1
    assert learned(fitted, renderer) == ["a" * 10] * 4
    starts = [str(chatml.decode(example.ids)) for example in fitted.examples]
    assert all(text.startswith("<|im_start|>system\nBe kind.") for text in starts)


@pytest.mark.parametrize("sizes", [[(5, 5), (6, 6)], [(10, 10)] * 4, [(5, 5), (5, 200)]])
def test_only_the_last_answer_of_a_conversation_is_marked_as_such(
    chatml: Any, sizes: list[tuple[int, int]]
) -> None:
    renderer = Renderer(chatml)
    fitted = Fitter(renderer, CONTEXT, "split").fit([conversation(sizes)])
    rows = pack(fitted.examples, CONTEXT, chatml.pad_token_id)
    said = str(chatml.decode(rows.ids[rows.last]))
    fits = sizes[-1][1] < CONTEXT
    assert said == ("a" * sizes[-1][1] + "<|im_end|>" if fits else "")
    assert not (rows.last & ~rows.supervised).any()


def test_dropping_drops_the_whole_conversation_and_says_so(chatml: Any) -> None:
    fitted = Fitter(Renderer(chatml), CONTEXT, "drop").fit([conversation([(10, 10)] * 6)])
    assert fitted.examples == []
    assert fitted.ledger.answers["dropped_too_long"] == 6
    assert fitted.ledger.conversations["dropped"] == 1


@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_exchange_that_no_row_can_hold_goes_alone(chatml: Any, at: int) -> None:
    exchanges = [(5, 5)] * 3
    exchanges[at] = (200, 5)
    fitted = Fitter(Renderer(chatml), CONTEXT, "split").fit([conversation(exchanges)])
    assert fitted.ledger.answers["kept"] == 2
    assert fitted.ledger.answers["dropped_too_long"] == 1
