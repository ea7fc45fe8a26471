"""Greedy answers of a model, the same run after run.

ask(model, tokenizer, [(Message("user", "hello"),)], max_tokens=64, threads=2)  →  ["Hi!"]
"""

from collections.abc import Sequence
from typing import Any

import torch

from chatloop.conversation import Message
from chatloop.modeling.answering import Chatter, Sampling
from chatloop.modeling.generating import generate_answers
from chatloop.tokens.rendering import Renderer


def ask(
    model: Any, tokenizer: Any, talks: Sequence[Sequence[Message]], max_tokens: int, threads: int
) -> list[str | None]:
    """An answer to each, None where the model cannot hold the conversation.

    Threads are fixed, as bits depend on them; nothing else in a forward pass is a matter of chance.
    """
    torch.set_num_threads(threads)
    chatter = Chatter(model, tokenizer, Renderer(tokenizer))
    given = generate_answers(chatter, talks, Sampling(max_tokens=max_tokens))
    return [None if one is None else one.text for one in given]
