"""One answer to a conversation: the prompt ends where the assistant should speak.

answer(Chatter(model, tokenizer, renderer), [Message("user", "Where is #48213?")], Sampling())
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Thread
from typing import Any

import torch
from transformers import TextIteratorStreamer

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.tokens.rendering import Renderer


@dataclass(frozen=True)
class Sampling:
    """`temperature` 0 is greedy; `top_k` 0 and `top_p` 1 leave all tokens in."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int = 256
    seed: int | None = None


@dataclass(frozen=True)
class Chatter:
    """A model with its tokenizer and template."""

    model: Any
    tokenizer: Any
    renderer: Renderer

    @property
    def context(self) -> int:
        """Tokens that prompt and answer have together."""
        config = self.model.config.to_dict()
        return int(config.get("max_position_embeddings") or config.get("n_positions") or 2048)

    @property
    def ends(self) -> frozenset[int]:
        """Ids of the tokens that end an answer."""
        known = self.model.generation_config.eos_token_id
        return frozenset([] if known is None else [known] if isinstance(known, int) else known)


def answer(chatter: Chatter, messages: Sequence[Message], sampling: Sampling) -> str:
    """The whole answer at once."""
    prompt, room = fit_prompt(chatter, messages, sampling.max_tokens)
    ids = generate_one(chatter, prompt, replace(sampling, max_tokens=room))
    return str(chatter.tokenizer.decode(ids[0, len(prompt) :], skip_special_tokens=True)).strip()


def stream(chatter: Chatter, messages: Sequence[Message], sampling: Sampling) -> Iterator[str]:
    """The same answer in pieces, as they come."""
    prompt, room = fit_prompt(chatter, messages, sampling.max_tokens)
    pieces = TextIteratorStreamer(chatter.tokenizer, skip_prompt=True, skip_special_tokens=True)
    wish = replace(sampling, max_tokens=room)
    thread = Thread(target=generate_one, args=(chatter, prompt, wish, pieces), daemon=True)
    thread.start()
    yield from (piece for piece in pieces if piece)
    thread.join()


def fit_prompt(chatter: Chatter, messages: Sequence[Message], wish: int) -> tuple[list[int], int]:
    """Prompt ids and tokens left for the answer; the oldest exchanges go when there is no room.

    Raises:
        UserError: the last user turn alone is too long.
    """
    kept = list(messages)
    while True:
        prompt = chatter.renderer.prompt(kept)
        room = chatter.context - len(prompt)
        if room >= min(wish, chatter.context // 4):
            return prompt, min(wish, room)
        start = 1 if kept[0].role == "system" else 0
        following = [i for i, m in enumerate(kept) if m.role == "user" and i > start]
        if not following:
            raise UserError(
                f"the message has {len(prompt):,} tokens; the model can look at "
                f"{chatter.context:,} with its answer: shorten it"
            )
        kept = kept[:start] + kept[following[0] :]


def generate_one(
    chatter: Chatter, prompt: list[int], sampling: Sampling, streamer: Any = None
) -> torch.Tensor:
    """Ids of prompt and answer: (1, tokens)."""
    if sampling.seed is not None:
        torch.manual_seed(sampling.seed)
    drawing: dict[str, Any] = {"do_sample": False}
    if sampling.temperature > 0:
        drawing = {
            "do_sample": True,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
        }
    ids = torch.tensor([prompt], device=chatter.model.device)
    with torch.inference_mode():
        return chatter.model.generate(  # type: ignore[no-any-return]
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=sampling.max_tokens,
            streamer=streamer,
            **drawing,
        )
