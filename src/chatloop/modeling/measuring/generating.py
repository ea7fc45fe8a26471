"""Answers to many conversations at once, greedy ones token for token as one by one.

    prompts of 3, 5 and 5 tokens  →  ░ ░ a b c │ …     padded on the left, answered in step
                                     d e f g h │ …
                                     i j k l m │ …

A batch adds up floats in another order than a single row does. Where the two likeliest tokens are
so near to each other that this could decide, the answer is generated again by itself.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.modeling.answering import Chatter, Sampling, fit_prompt, generate_one
from chatloop.modeling.replicas import replicas

ROWS, TOKENS = 64, 65_536  # at most, of a batch: prompt and answer together
TIE = 5e-5  # of the largest logit; in float32 a batch and a single row differ by a fiftieth of it
# Settings of a model's generation that do not change what a greedy step makes of its logits.
HARMLESS = {
    "bos_token_id", "eos_token_id", "pad_token_id", "do_sample", "temperature", "top_k", "top_p",
    "min_p", "typical_p", "max_length", "max_new_tokens", "transformers_version", "use_cache",
    "_from_model_config", "output_attentions", "output_hidden_states", "return_dict_in_generate",
    "output_scores", "output_logits", "cache_implementation",
}  # fmt: skip


@dataclass(frozen=True)
class Generated:
    """An answer: its text, its ids without padding, and whether the model ended it itself."""

    text: str
    ids: tuple[int, ...]
    ended: bool


@dataclass(frozen=True)
class _Asked:
    """A prompt with the tokens that its answer may have."""

    index: int
    prompt: list[int]
    room: int


def generate_answers(
    chatter: Chatter, talks: Sequence[Sequence[Message]], sampling: Sampling
) -> list[Generated | None]:
    """An answer to each of the conversations, in order; None where the model cannot hold one."""
    asked = list(_asked(chatter, talks, sampling.max_tokens))
    batches = _batches(asked, _lengths_may_differ(chatter), _rows(chatter))

    @torch.inference_mode()
    def work(model: Any, batch: list[_Asked]) -> list[list[int]]:
        return _generate(replace(chatter, model=model), batch, sampling)

    found: list[Generated | None] = [None] * len(talks)
    with replicas(chatter.model, len(batches)) as team:
        for batch, answers in zip(batches, team.each_whole(work, batches), strict=True):
            for one, ids in zip(batch, answers, strict=True):
                found[one.index] = _finished(chatter, ids)
    return found


def _asked(chatter: Chatter, talks: Sequence[Sequence[Message]], wish: int) -> Iterator[_Asked]:
    for index, messages in enumerate(talks):
        try:
            yield _Asked(index, *fit_prompt(chatter, messages, wish))
        except UserError:  # the last turn alone is too long: the caller counts these
            continue


def _batches(asked: Sequence[_Asked], padded: bool, rows: int) -> list[list[_Asked]]:
    """Prompts of about one length (of one, where they cannot be padded) and of one room."""
    batches: list[list[_Asked]] = []
    for one in sorted(asked, key=lambda a: (a.room, len(a.prompt), a.index)):
        first = batches[-1][0] if batches else None
        fits = (
            first is not None
            and first.room == one.room
            and (padded or len(first.prompt) == len(one.prompt))
            and len(batches[-1]) < rows
            and (len(batches[-1]) + 1) * (len(one.prompt) + one.room) <= TOKENS
        )
        if fits:
            batches[-1].append(one)
        else:
            batches.append([one])
    return batches


def _generate(chatter: Chatter, batch: list[_Asked], sampling: Sampling) -> list[list[int]]:
    """The ids that follow each prompt, up to the token that ends an answer."""
    width, pad = max(len(one.prompt) for one in batch), chatter.tokenizer.pad_token_id or 0
    rows = [[pad] * (width - len(one.prompt)) + one.prompt for one in batch]
    mask = [[0] * (width - len(one.prompt)) + [1] * len(one.prompt) for one in batch]
    ids = torch.tensor(rows, device=chatter.model.device)
    ends = chatter.ends
    near = _NearTies(width, ends)
    steps = _drawing(batch, sampling) if sampling.temperature > 0 else [near]
    out = chatter.model.generate(
        ids,
        attention_mask=torch.tensor(mask, device=ids.device),
        max_new_tokens=batch[0].room,
        do_sample=False,
        pad_token_id=pad,
        logits_processor=LogitsProcessorList(steps),
    )[:, width:].tolist()
    again = near.found.tolist() if near.found is not None and len(batch) > 1 else []
    for at in (at for at, close in enumerate(again) if close):
        wish = replace(sampling, max_tokens=batch[at].room)
        prompt = batch[at].prompt
        out[at] = generate_one(chatter, prompt, wish)[0, len(prompt) :].tolist()
    return [_up_to_end(row, ends) for row in out]


def _up_to_end(ids: list[int], ends: frozenset[int]) -> list[int]:
    last = next((at for at, token in enumerate(ids) if token in ends), len(ids) - 1)
    return ids[: last + 1]


def _finished(chatter: Chatter, ids: list[int]) -> Generated:
    text = str(chatter.tokenizer.decode(ids, skip_special_tokens=True)).strip()
    return Generated(text, tuple(ids), bool(ids) and ids[-1] in chatter.ends)


def _rows(chatter: Chatter) -> int:
    """1 where a setting of the model's generation looks at the ids before (a penalty, beams)."""
    settings = chatter.model.generation_config.to_diff_dict()
    return ROWS if settings.keys() <= HARMLESS else 1


def _lengths_may_differ(chatter: Chatter) -> bool:
    """Whether the model says the same behind padding; one with a recurrent state does not."""
    pad = chatter.tokenizer.pad_token_id or 0
    some = [at % chatter.model.config.get_text_config().vocab_size for at in range(5, 9)]
    alone = _next_logits(chatter, [some], [[1] * 4])[0]
    padded = _next_logits(
        chatter, [[pad] * 3 + some, some[:3] + some], [[0] * 3 + [1] * 4, [1] * 7]
    )[0]
    return torch.allclose(alone, padded, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def _next_logits(chatter: Chatter, rows: list[list[int]], mask: list[list[int]]) -> Tensor:
    device = chatter.model.device
    found = chatter.model.generate(
        torch.tensor(rows, device=device),
        attention_mask=torch.tensor(mask, device=device),
        max_new_tokens=1,
        do_sample=False,
        num_beams=1,
        pad_token_id=chatter.tokenizer.pad_token_id or 0,
        output_logits=True,
        return_dict_in_generate=True,
    )
    return found.logits[0]  # type: ignore[no-any-return]


class _NearTies(LogitsProcessor):  # type: ignore[misc]
    """Changes nothing; remembers the rows in which a step's two likeliest tokens nearly tie."""

    def __init__(self, width: int, ends: frozenset[int]) -> None:
        self.width, self.ends = width, torch.tensor(sorted(ends))
        self.found: Tensor | None = None
        self.ended: Tensor | None = None

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        if self.found is None or self.ended is None:
            self.found = torch.zeros(len(scores), dtype=torch.bool, device=scores.device)
            self.ended, self.ends = torch.zeros_like(self.found), self.ends.to(scores.device)
        if input_ids.shape[1] > self.width:
            self.ended |= torch.isin(input_ids[:, -1], self.ends)
        best, second = scores.topk(2, dim=-1).values.unbind(dim=-1)
        largest = scores.masked_fill(scores.isinf(), 0.0).abs().amax(dim=-1)
        near = best - second <= TIE * largest
        self.found |= near & ~self.ended
        return scores


def _drawing(batch: Sequence[_Asked], sampling: Sampling) -> list[LogitsProcessor]:
    """Temperature, then what is left out, then the draw."""
    steps: list[LogitsProcessor] = [TemperatureLogitsWarper(sampling.temperature)]
    if sampling.top_k > 0:
        steps.append(TopKLogitsWarper(sampling.top_k))
    if sampling.top_p < 1:
        steps.append(TopPLogitsWarper(sampling.top_p))
    return [*steps, _Gumbel([_seed(one.prompt, sampling.seed or 0) for one in batch])]


def _seed(prompt: Sequence[int], seed: int) -> int:
    """The same prompt draws the same, whatever else is in its batch."""
    digest = hashlib.sha256(repr((seed, *prompt)).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


class _Gumbel(LogitsProcessor):  # type: ignore[misc]
    """Noise under which the likeliest token is a draw from the softmax (Gumbel 1954); each row has
    a generator of its own."""

    def __init__(self, seeds: Sequence[int]) -> None:
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, _: Tensor, scores: Tensor) -> Tensor:
        waits = torch.empty(scores.shape, dtype=torch.float32)
        for row, generator in zip(waits, self.generators, strict=True):
            row.exponential_(generator=generator)
        return scores - waits.log().to(scores.device)
