"""Answers to many conversations at once, prompts padded on the left.

answers(chatter, [talk.messages[:-1] for talk in talks], Sampling())  →  ["It left us today.", …]
"""

from collections.abc import Sequence

import torch

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.modeling.answering import Chatter, Sampling, _fit, answer

AT_ONCE = 64


def answers(
    chatter: Chatter, conversations: Sequence[Sequence[Message]], sampling: Sampling
) -> list[str]:
    """A greedy answer to each, in their order; those of like length go together.

    Raises:
        UserError: the last user turn of one is too long for the model.
    """
    fitted = [_fit(chatter, messages, sampling.max_tokens) for messages in conversations]
    given: dict[int, str] = {}
    whole = [at for at, (_, room) in enumerate(fitted) if room == sampling.max_tokens]
    whole.sort(key=lambda at: (len(fitted[at][0]), at))
    for start in range(0, len(whole), AT_ONCE):
        batch = whole[start : start + AT_ONCE]
        prompts = [fitted[at][0] for at in batch]
        given |= zip(batch, _generate(chatter, prompts, sampling.max_tokens), strict=True)
    for at in sorted(set(range(len(fitted))) - set(given)):  # whose room is smaller than the wish
        given[at] = answer(chatter, conversations[at], sampling)
    return [given[at] for at in range(len(fitted))]


def answers_or_none(
    chatter: Chatter, conversations: Sequence[Sequence[Message]], sampling: Sampling
) -> list[str | None]:
    """The same; None for a conversation that the model cannot hold."""
    held = [at for at, messages in enumerate(conversations) if _holds(chatter, messages, sampling)]
    given = dict(
        zip(held, answers(chatter, [conversations[at] for at in held], sampling), strict=True)
    )
    return [given.get(at) for at in range(len(conversations))]


def _holds(chatter: Chatter, messages: Sequence[Message], sampling: Sampling) -> bool:
    try:
        _fit(chatter, messages, sampling.max_tokens)
    except UserError:
        return False
    return True


def _generate(chatter: Chatter, prompts: Sequence[list[int]], most: int) -> list[str]:
    longest, pad = max(map(len, prompts)), chatter.tokenizer.pad_token_id
    rows = [[pad] * (longest - len(prompt)) + prompt for prompt in prompts]
    mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    device = chatter.model.device
    with torch.inference_mode():
        ids = chatter.model.generate(
            torch.tensor(rows, device=device),
            attention_mask=torch.tensor(mask, device=device),
            max_new_tokens=most,
            do_sample=False,
            pad_token_id=pad,
        )
    texts = chatter.tokenizer.batch_decode(ids[:, longest:], skip_special_tokens=True)
    return [str(text).strip() for text in texts]
