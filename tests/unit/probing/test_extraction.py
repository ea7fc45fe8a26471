from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.conversation import Conversation, Message
from chatloop.params.evaluate import Spans
from chatloop.probing.extraction import Tried, beyond_control, occurrences, span_of
from chatloop.probing.sampling import Corpus, spans
from chatloop.tokens.example import Example
from chatloop.tokens.rendering import Renderer

PARAMS = Spans(count=5, prefix=3, tokens=6, least=2)


def example(answer: int) -> Example:
    """Two answers: one of three tokens, one of so many; each with its end."""
    supervised = [0, 1, 1, 1, 0, 0, *[1] * answer, 0]
    ids = np.arange(len(supervised), dtype=np.int32)
    return Example(ids, np.array(supervised, dtype=bool), ((1, 4), (3, 6 + answer)), 9)


@pytest.mark.parametrize(
    ("answer", "span"), [(5, None), (6, [9, 10]), (8, [9, 10, 11, 12]), (30, [*range(9, 15)])]
)
def test_a_span_is_what_follows_the_prefix_of_the_last_answer(
    answer: int, span: list[int] | None
) -> None:
    found = span_of(example(answer), PARAMS)
    assert (found and found.ids[found.supervised].tolist()) == span


words = st.lists(st.integers(0, 3), min_size=1, max_size=60)


@settings(deadline=None)
@given(words, st.lists(st.integers(0, 4), min_size=1, max_size=4), st.integers(1, 9))
def test_occurrences_are_those_within_one_example(
    text: list[int], span: list[int], size: int
) -> None:
    owners = [at // size for at in range(len(text))]
    expected = sum(
        text[at : at + len(span)] == span and owners[at] == owners[at + len(span) - 1]
        for at in range(len(text) - len(span) + 1)
    )
    arrays = [np.array(one, dtype=np.int32) for one in (span, text, owners)]
    assert occurrences([arrays[0]], arrays[1], arrays[2]) == [expected]


def test_only_what_stands_once_in_training_is_tried(chatml: Any) -> None:
    renderer = Renderer(chatml)
    replies = ["we are open from nine to five", "your parcel 4711 went to Oslo on Monday", "no"]
    talks = [
        Conversation(f"c{at}", (Message("user", "hi"), Message("assistant", reply)))
        for at, reply in enumerate([replies[0], replies[0], replies[1], replies[2]])
    ]
    examples = list(renderer.encode([renderer.render(talk.messages)[0] for talk in talks]))
    ids = np.concatenate([one.ids for one in examples])
    owners = np.repeat(np.arange(len(examples), dtype=np.int32), [len(one.ids) for one in examples])
    trained, unseen = (
        spans(talks, renderer, 64, PARAMS, 1, Corpus(ids, owners), times) for times in (1, 0)
    )
    (one,) = trained.examples
    assert chatml.decode(one.ids[one.supervised]) in replies[1]
    assert dict(trained.left_out) == {"too_short": 1, "stands_elsewhere": 2}
    assert unseen.examples == []


@pytest.mark.parametrize(
    ("training", "held_out", "least", "most"),
    [((30, 64), (28, 64), 0, 0), ((40, 64), (5, 64), 20, 35), ((0, 64), (20, 64), 0, 0),
     ((0, 0), (0, 0), 0, 0), ((64, 64), (0, 64), 58, 64)],
)  # fmt: skip
def test_only_what_is_surely_beyond_the_control_counts(
    training: tuple[int, int], held_out: tuple[int, int], least: int, most: int
) -> None:
    known, chance = (Tried(tried, hit, 0, {}) for hit, tried in (training, held_out))
    assert least <= beyond_control(known, chance) <= most
