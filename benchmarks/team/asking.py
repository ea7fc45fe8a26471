"""The seam: prompts in, answers out. Here a model in this process; a server answers as well.

ask = in_process(Path("models/candidate"))
ask([(Message("user", "Where is order #48213?"),)], temperature=1.0, seed=7)  →  ["Order …"]
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch

from benchmarks.team.rater import Prompt
from chatloop.conversation import Message
from chatloop.corpus.dialogue import converse
from chatloop.io.models import hub
from chatloop.tokens.rendering import Renderer

BATCH, LONGEST = 32, 64  # answers at a time, tokens of one


class Ask(Protocol):
    """Whoever answers; temperature 0 is greedy."""

    def __call__(self, prompts: Sequence[Prompt], temperature: float, seed: int) -> list[str]:
        """An answer to each prompt, in order."""
        ...


def in_process(folder: Path) -> Ask:
    """A model folder that answers many prompts at a time."""
    model, tokenizer = hub.load_model(folder), hub.load_tokenizer(folder)
    renderer = Renderer(tokenizer)

    def ask(prompts: Sequence[Prompt], temperature: float, seed: int) -> list[str]:
        torch.manual_seed(seed)
        encoded = [renderer.prompt(prompt) for prompt in prompts]
        # Of one length together: little is padded.
        order = sorted(range(len(encoded)), key=lambda at: (len(encoded[at]), at))
        found = [""] * len(encoded)
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            said = _generate(model, tokenizer, [encoded[at] for at in some], temperature)
            for at, text in zip(some, said, strict=True):
                found[at] = text
        return found

    return ask


def questions(seed: int, first: int, known: set[str]) -> Iterator[Prompt]:
    """What customers of the built-in shop ask first, endlessly; nothing of what is known."""
    at = first
    while True:
        system_and_user = []
        for message in converse(seed, at).messages:
            system_and_user.append(Message(message["role"], message["content"]))  # type: ignore[arg-type]
            if message["role"] == "user":
                break
        if system_and_user[-1].content.lower() not in known:
            yield tuple(system_and_user)
        at += 1


@torch.inference_mode()
def _generate(
    model: Any, tokenizer: Any, prompts: Sequence[list[int]], temperature: float
) -> list[str]:
    width, pad = max(map(len, prompts)), tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (width - len(one)) + one for one in prompts])
    mask = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in prompts])
    drawing = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {}
    found = model.generate(
        ids, attention_mask=mask, max_new_tokens=LONGEST, pad_token_id=pad,
        **({"do_sample": False} | drawing),
    )  # fmt: skip
    texts = tokenizer.batch_decode(found[:, width:], skip_special_tokens=True)
    return [str(text).strip() for text in texts]
