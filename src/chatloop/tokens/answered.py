"""Judged answers as examples: a prompt and an answer to it, of which the answer is supervised.

    prompt                        answer
    Where is it? … Which order?   │ It left us today.        only what stands here is scored

What assistants said in the prompt nobody judged.
"""

from collections.abc import Sequence
from dataclasses import replace

from chatloop.conversation import Message
from chatloop.tokens.example import Example
from chatloop.tokens.rendering import Renderer


def answered(
    answers: Sequence[tuple[tuple[Message, ...], tuple[Message, ...]]], renderer: Renderer
) -> list[Example]:
    """An example for each prompt with an answer to it, however long."""
    # The last text of several holds the whole conversation (templates that drop earlier turns).
    texts = [renderer.render([*prompt, *said])[-1] for prompt, said in answers]
    encoded = renderer.encode(texts)
    return [_judged(one, len(prompt)) for one, (prompt, _) in zip(encoded, answers, strict=True)]


def _judged(example: Example, begin: int) -> Example:
    """Supervised from the message at `begin` on."""
    before = max((end for answer, end in example.ends if answer < begin), default=0)
    supervised = example.supervised.copy()
    supervised[:before] = False
    ends = tuple((answer, end) for answer, end in example.ends if answer >= begin)
    return replace(example, supervised=supervised, ends=ends)
