"""A model's scores on held-out conversations, a row each answer.

conversation 17, message 3: 412.6 nats over 296 bytes, 61 of 80 tokens right  →  2.01 bits per byte
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatloop.conversation import Conversation
from chatloop.modeling.replicas import replicas
from chatloop.modeling.row_scores import sums_of_batches
from chatloop.modeling.scoring import supervised_nats_and_hits
from chatloop.tokens.example import Example
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import Packed, one_a_row
from chatloop.tokens.rendering import Renderer

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class AnswerScores:
    """For each answer that a model can hold, in order: the conversation and the message that it is,
    its UTF-8 bytes, nats, tokens (the one that ends it is one of them), and how many of these were
    the likeliest. All of shape (answers,)."""

    talk: Counts
    message: Counts
    answer_bytes: Counts
    nats: NDArray[np.float64]
    tokens: Counts
    correct: Counts


@dataclass(frozen=True)
class ModelScores:
    """For each conversation: nats (n,), bytes of the answers that were scored (n,), tokens (n,),
    and how many of these were the likeliest (n,); `answers` holds the same for each answer.

    A conversation that a model cannot hold has no bytes.
    """

    nats: NDArray[np.float64]
    answer_bytes: Counts
    tokens: Counts
    correct: Counts
    answers: AnswerScores


def score_conversations(
    model: Any, tokenizer: Any, talks: Sequence[Conversation], context: int, batch_rows: int
) -> ModelScores:
    """Every answer scored once, after all that went before it (as far as the context goes)."""
    fitted = Fitter(Renderer(tokenizer), context, "split").fit(talks)
    answers = _answers(talks, fitted.examples, fitted.owners)
    if fitted.examples:
        found = _sums(model, tokenizer, fitted.examples, batch_rows * context, len(answers.talk))
        answers.nats[:], answers.correct[:] = found[0], found[1].astype(np.int64)
    columns = (answers.nats, answers.answer_bytes, answers.tokens, answers.correct)
    nats, size, tokens, correct = (_by_talk(one, answers.talk, len(talks)) for one in columns)
    return ModelScores(nats, size, tokens, correct, answers)


def _sums(
    model: Any, tokenizer: Any, examples: Sequence[Example], most: int, answers: int
) -> NDArray[np.float64]:
    """Nats and hits of each answer, (2, answers); at most so many tokens at a time."""
    batches = [
        (packed, np.arange(len(packed)), _owners(packed, examples))
        for packed in one_a_row(examples, most, tokenizer.pad_token_id)
    ]
    with replicas(model, len(batches)) as team:
        return sums_of_batches(team, batches, answers, supervised_nats_and_hits)


def _answers(
    talks: Sequence[Conversation], examples: Sequence[Example], owners: Sequence[int]
) -> AnswerScores:
    """Who said what, with nothing scored yet."""
    rows = [
        (owner, at, len(talks[owner].messages[at].content.encode()), int(tokens))
        for owner, example in zip(owners, examples, strict=True)
        for (at, _), tokens in zip(example.ends, _tokens(example), strict=True)
    ]
    talk, message, size, tokens = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return AnswerScores(talk, message, size, np.zeros(len(rows)), tokens, np.zeros_like(tokens))


def _tokens(example: Example) -> Counts:
    """Supervised tokens of each answer; the first token of all has nothing to be predicted from."""
    counts = np.concatenate([[0, 0], np.cumsum(example.supervised[1:])])
    return np.diff(counts[[0, *(end for _, end in example.ends)]])


def _owners(packed: Packed, examples: Sequence[Example]) -> NDArray[np.int32]:
    """Which answer each token of the rows is of, or comes before; -1 where neither."""
    whose, starts, first = [], [], 0
    size = 0
    for example in examples:
        ends = [0, *(end for _, end in example.ends)]
        here = np.repeat(np.arange(first, first + len(example.ends)), np.diff(ends))
        whose += [here, np.full(len(example.ids) - len(here), -1)]
        starts.append(size)
        size, first = size + len(example.ids), first + len(example.ends)
    flat = np.concatenate(whose).astype(np.int32)
    inside = packed.examples >= 0
    places = np.array(starts)[packed.examples] + packed.positions
    return np.where(inside, flat[np.where(inside, places, 0)], -1).astype(np.int32)


def _by_talk(values: NDArray[Any], talk: Counts, count: int) -> NDArray[Any]:
    sums = np.zeros(count, dtype=values.dtype)
    np.add.at(sums, talk, values)
    return sums
