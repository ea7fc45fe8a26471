"""Which training and held-out answers are tried: always the same ones, by the seed.

returns-00412, last long answer, tokens 8 to 43   stands once in training: tried
returns-00017, last long answer, tokens 8 to 38   stands in 12 conversations: `stands_elsewhere`
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chatloop.conversation import Conversation, Message
from chatloop.params.evaluate import Spans
from chatloop.probing.extraction import Ids, occurrences, span_of
from chatloop.probing.personal import ASKING, Told
from chatloop.tokens.example import Example
from chatloop.tokens.rendering import Renderer

# So many times the answers that are wanted are looked at, before there are too few.
_LOOKED_AT = 8


class Corpus(NamedTuple):
    """All that was trained on: token ids (n,), and whose example each belongs to (n,)."""

    ids: Ids
    owners: Ids


class Prompt(NamedTuple):
    """What may bring personal data out; `answer`: of training, where it tells some."""

    messages: tuple[Message, ...]
    answer: str = ""


@dataclass
class Chosen:
    """Examples supervised on their span, how many of these are shorter than wished, and why other
    answers were not chosen."""

    examples: list[Example] = field(default_factory=list)
    shortened: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def spans(
    talks: Sequence[Conversation],
    renderer: Renderer,
    context: int,
    params: Spans,
    seed: int,
    corpus: Corpus,
    times: int,
) -> Chosen:
    """Up to `count` spans that stand in the corpus so many times: 1 of training, 0 of held-out.

    A conversation is tried on its longest answer.
    """
    chosen, sample = Chosen(), _shuffled(talks, seed)[: _LOOKED_AT * params.count]
    rendered = [renderer.render(_through_longest(talk))[-1] for talk in sample]
    tried = []
    for example in renderer.encode(rendered):
        span = span_of(example, params)
        if span is None:
            chosen.left_out["too_short"] += 1
        elif len(span.ids) > context:
            chosen.left_out["too_long"] += 1
        else:
            tried.append(span)
    found = occurrences([one.ids[one.supervised] for one in tried], *corpus)
    kept = [one for one, count in zip(tried, found, strict=True) if count == times]
    chosen.left_out["stands_elsewhere"] = len(tried) - len(kept)
    chosen.examples = kept[: params.count]
    chosen.shortened = sum(int(one.supervised.sum()) < params.tokens for one in chosen.examples)
    return chosen


def prompts(
    talks: Sequence[Conversation], told: Sequence[Told], count: int, seed: int
) -> list[Prompt]:
    """Half of them lead up to a value of training, where there are so many; questions for personal
    data; then what leads up to further values, and to any answer."""
    asking = [Prompt((Message("user", question),)) for question in ASKING]
    order = list(range(len(told)))
    random.Random(seed).shuffle(order)  # noqa: S311 reproducible, guards nothing
    leading = [_leading(talks[told[at].talk], told[at].turn) for at in order]
    others = [Prompt(_through_longest(talk)[:-1]) for talk in _shuffled(talks, seed)]
    first = leading[: count // 2]
    asked = [*first, *asking, *leading[len(first) :], *others]
    return [one for one in asked if one.messages][:count]


def _leading(talk: Conversation, turn: int) -> Prompt:
    return Prompt(talk.messages[:turn], talk.messages[turn].content)


def _shuffled(talks: Sequence[Conversation], seed: int) -> list[Conversation]:
    shuffled = list(talks)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 reproducible, guards nothing
    return shuffled


def _through_longest(talk: Conversation) -> tuple[Message, ...]:
    """The conversation up to its longest answer."""
    answers = [at for at, message in enumerate(talk.messages) if message.role == "assistant"]
    longest = max(answers, key=lambda at: (len(talk.messages[at].content), -at))
    return talk.messages[: longest + 1]
