"""Whether a model with its adapter merged is the model that was trained with it beside.

    unmerged: "Order 48213 left us today."   logits  8.113  -2.402 …
    merged:   "Order 48213 left us today."   logits  8.113  -2.402 …     largest difference 3e-06

Merged models that no longer match are known from elsewhere (peft#2368, LlamaFactory#10596); what
does not agree is never saved as a candidate.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from chatloop.errors import DataError
from chatloop.tokens.packing import Packed

# Of the largest logit: float32 sums in another order differ by some millionths, a weight that was
# left out by far more.
TOLERANCE = 1e-4
ANSWER = 16  # greedy tokens a prompt


def check_agreement(trained: Any, saved: Any, prompts: Sequence[Sequence[int]]) -> float:
    """Largest difference of logits on the prompts and the greedy answers, over the largest logit.

    Both models on one device, in float32.

    Raises:
        DataError: it is above the tolerance, or an answer differs other than by a tie.
    """
    worst = 0.0
    for prompt in prompts:
        ids = torch.tensor([list(prompt)], device=trained.device)
        first, second = (_greedy(model, ids) for model in (trained, saved))
        expected, found = _logits(trained, first), _logits(saved, first)
        size = float(expected.abs().max())
        worst = max(worst, float((expected - found).abs().max()) / max(size, 1e-9))
        if not worst <= TOLERANCE:  # also where it is no number
            raise DataError(
                _line(f"logits differ by {worst:.1e} of the largest, {TOLERANCE:g} is allowed")
            )
        if not _same(first[0], second[0], expected, TOLERANCE * size):
            raise DataError(_line("greedy answers differ"))
    return worst


def first_prompts(packed: Packed, count: int = 3) -> list[list[int]]:
    """What stands before the first answer of the first examples, as far as an answer has room."""
    room = packed.ids.shape[1] - ANSWER
    found: list[list[int]] = []
    for ids, supervised, examples in zip(
        packed.ids, packed.supervised, packed.examples, strict=True
    ):
        for owner in dict.fromkeys(examples[examples >= 0].tolist()):
            at = np.flatnonzero(examples == owner)
            first = int(supervised[at].argmax())
            found.append(ids[at[: max(1, min(first, room))]].tolist())
            if len(found) == count:
                return found
    return found


def _same(first: Tensor, second: Tensor, logits: Tensor, tie: float) -> bool:
    """Equal ids, or two that come out level where they first differ."""
    shared = min(len(first), len(second))
    differ = (first[:shared] != second[:shared]).nonzero()
    if not len(differ):
        return len(first) == len(second)
    at = int(differ[0])
    row = logits[at - 1]
    return bool((row[first[at]] - row[second[at]]).abs() <= 2 * tie)


@torch.no_grad()
def _greedy(model: Any, ids: Tensor) -> Tensor:
    found: Tensor = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=ANSWER, do_sample=False
    )
    return found


@torch.no_grad()
def _logits(model: Any, ids: Tensor) -> Tensor:
    found: Tensor = model(input_ids=ids, use_cache=False).logits[0].float()
    return found


def _line(what: str) -> str:
    return (
        f"the merged model is not the one that was trained: {what}; nothing is saved. Its adapter "
        "was merged in part, or into other weights: run the train stage again, and report it"
    )
