"""What training makes small: a loss over the rows of a batch, and what a step's sum is divided by.

SFT             nats of the answers' tokens             a step is divided by its supervised tokens
dpo(reference)  the liked answer over the disliked one  by its pairs
kto(…)          an answer by its thumb up or down       by its answers

The loop calls `objective.loss(logits_of, batch)`, a sum, with as many rows as fit into memory. For
DPO and KTO two examples belong together and stand in one row (`packing.pack_groups`): the first has
an even index, the second the odd one after it. Log-probabilities under the model that training
began with (the reference) are measured once, before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid

from chatloop.modeling.replicas import replicas
from chatloop.modeling.row_scores import score_rows
from chatloop.modeling.scoring import Logits, supervised_nats
from chatloop.tokens.example import Example
from chatloop.tokens.packing import Packed


@dataclass(frozen=True)
class Batch:
    """ids, positions, examples (rows, context) int64 and supervised bool, on the device."""

    ids: Tensor
    positions: Tensor
    supervised: Tensor
    examples: Tensor


@dataclass(frozen=True)
class Objective:
    """`loss` is summed over a batch; `size` says what the sum over a step's rows is divided by."""

    loss: Callable[[Logits, Batch], Tensor]
    size: Callable[[Packed, NDArray[np.int64]], int]


def _nats(logits_of: Logits, batch: Batch, alike: bool) -> Tensor:
    return supervised_nats(logits_of, batch.ids, batch.positions, batch.supervised, alike)


def _supervised(packed: Packed, rows: NDArray[np.int64]) -> int:
    return int(packed.supervised[rows][:, 1:].sum())


def _groups(packed: Packed, rows: NDArray[np.int64]) -> int:
    return len(np.unique(packed.examples[rows][packed.supervised[rows]] // 2))


SFT = Objective(lambda logits_of, batch: _nats(logits_of, batch, alike=True).sum(), _supervised)


def dpo(reference: NDArray[np.float64], beta: float) -> Objective:
    """Direct preference optimization (Rafailov et al. 2023, eq. 7).

    Example 2i is the answer that was liked better than 2i + 1. `reference` (examples,) holds their
    log-probabilities in nats; `beta` holds the model to the reference.
    """

    def loss(logits_of: Logits, batch: Batch) -> Tensor:
        ratios, _ = _ratios(logits_of, batch, reference)
        return of_pairs(ratios, beta)

    return Objective(loss, _groups)


def kto(
    reference: NDArray[np.float64],
    liked: NDArray[np.bool_],
    beta: float,
    weights: tuple[float, float] = (1.0, 1.0),
) -> Objective:
    """Kahneman-Tversky optimization (Ethayarajh et al. 2024, eq. 7 and 8).

    Example 2i is an answer, `liked[i]` or not, and 2i + 1 its prompt with somebody else's answer
    (`mismatched`): from these the divergence from the reference is estimated, over the rows that go
    through the model together. `weights` are those of liked and disliked answers.
    """

    def loss(logits_of: Logits, batch: Batch) -> Tensor:
        ratios, examples = _ratios(logits_of, batch, reference)
        up = torch.from_numpy(liked).to(ratios.device)[examples[0::2] // 2]
        return of_thumbs(ratios, up, beta, weights)

    return Objective(loss, _groups)


def mismatched(examples: Sequence[Example]) -> list[Example]:
    """Each example's prompt with the answer of the one before it; one answer an example."""
    prompts = [int(example.supervised.argmax()) for example in examples]
    found = []
    for at, (example, prompt) in enumerate(zip(examples, prompts, strict=True)):
        other, begin = examples[at - 1], prompts[at - 1]
        ids = np.concatenate((example.ids[:prompt], other.ids[begin:]))
        mask = np.concatenate((example.supervised[:prompt], other.supervised[begin:]))
        ends = ((example.ends[-1][0], prompt + other.ends[-1][1] - begin),)
        found.append(Example(ids, mask, ends, other.answer_bytes))
    return found


def log_probabilities(model: Any, packed: Packed, batch_rows: int) -> NDArray[np.float64]:
    """Log-probability in nats of each example's supervised tokens: (examples,)."""
    with replicas(model, len(packed)) as team:
        return -score_rows(team, packed, batch_rows, int(packed.examples.max()) + 1)


def of_pairs(ratios: Tensor, beta: float) -> Tensor:
    """DPO's loss, summed: liked and disliked answers in turn, (2 n,)."""
    return -logsigmoid(beta * (ratios[0::2] - ratios[1::2])).sum()


def of_thumbs(ratios: Tensor, up: Tensor, beta: float, weights: tuple[float, float]) -> Tensor:
    """KTO's loss, summed: answers and mismatched ones in turn (2 n,), and the answers' thumbs."""
    if not len(ratios):
        return ratios.sum()
    divergence = ratios[1::2].mean().detach().clamp(min=0)
    sign = up.to(ratios.dtype) * 2 - 1
    weight = torch.where(up, weights[0], weights[1])
    return (weight * (1 - torch.sigmoid(beta * sign * (ratios[0::2] - divergence)))).sum()


def summed(logits_of: Logits, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Log-probabilities of the batch's examples, these in order, and their tokens: (examples,)."""
    owners = batch.examples[:, 1:][batch.supervised[:, 1:]]
    examples, at, tokens = torch.unique(
        owners, sorted=True, return_inverse=True, return_counts=True
    )
    nats = _nats(logits_of, batch, alike=False)
    found = torch.zeros(len(examples), dtype=nats.dtype, device=nats.device)
    return found.index_add(0, at, -nats), examples, tokens


def _ratios(
    logits_of: Logits, batch: Batch, reference: NDArray[np.float64]
) -> tuple[Tensor, Tensor]:
    """Log-probabilities over those of the reference, and the examples in order: (examples,)."""
    policy, examples, _ = summed(logits_of, batch)
    before = torch.from_numpy(reference).to(policy.device, policy.dtype)[examples]
    return policy - before, examples
