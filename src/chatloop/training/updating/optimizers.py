"""Which weights are updated how: AdamW for all, or Muon for the matrices inside the body.

Muon gives every direction of a matrix the same say in an update: its momentum is replaced by the
nearest orthogonal matrix. A model that learns from nothing needs about half of the steps; one that
was pretrained with AdamW is fine-tuned best with AdamW.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from chatloop.params import TrainParams

# A quintic whose iteration takes singular values into [0.7, 1.2] in five steps, from 0.001 up.
QUINTIC = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
MATRIX = 2  # dimensions
# The root mean square of AdamW's updates, so that one learning rate serves both.
ADAMW_RMS = 0.2


def build_optimizers(model: Any, params: TrainParams) -> list[Optimizer]:
    """The optimizers that share the model's trainable weights, each weight in one of them."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    if params.optimizer == "adamw":
        return [_adamw(weights, params)]
    outer = {id(table.weight) for table in _tables(model)}
    inner = [weight for weight in weights if weight.ndim == MATRIX and id(weight) not in outer]
    chosen = {id(weight) for weight in inner}
    rest = [weight for weight in weights if id(weight) not in chosen]
    muon = [Muon(inner, params.learning_rate, params.weight_decay)] if inner else []
    return [*muon, *([_adamw(rest, params)] if rest else [])]


class Muon(Optimizer):
    """Momentum, orthogonalized (Jordan et al. 2024), scaled to AdamW's size (Liu et al. 2025).

    For matrices only. Those of one shape are orthogonalized together, in float32: on a CPU the
    bfloat16 products of `torch.optim.Muon` take several times as long.
    """

    def __init__(
        self, matrices: Iterable[Tensor], lr: float, weight_decay: float, momentum: float = 0.95
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update of every matrix that has a gradient."""
        assert closure is None, "a closure is never asked again"
        for group in self.param_groups:
            for alike in _by_shape(group["params"]):
                stack = torch.stack([self._momentum(each, group["momentum"]) for each in alike])
                for matrix, update in zip(alike, orthogonalized(stack), strict=True):
                    rate = group["lr"]
                    matrix.mul_(1 - rate * group["weight_decay"])
                    matrix.add_(update, alpha=-rate * ADAMW_RMS * max(matrix.shape) ** 0.5)

    def _momentum(self, matrix: Tensor, share: float) -> Tensor:
        """Nesterov's: the average of gradients, looked at one step ahead; float32."""
        assert matrix.grad is not None
        gradient, state = matrix.grad.float(), self.state[matrix]
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        average: Tensor = state["momentum"].lerp_(gradient, 1 - share)
        return gradient.lerp(average, share)


def orthogonalized(stack: Tensor) -> Tensor:
    """Matrices (n, rows, columns) with their singular values all made about 1 (Newton-Schulz)."""
    if stack.shape[-2] > stack.shape[-1]:
        return orthogonalized(stack.mT).mT
    a, b, c = QUINTIC
    found: Tensor = stack / (stack.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(ITERATIONS):
        square = found @ found.mT
        found = torch.baddbmm(
            found, torch.baddbmm(square, square, square, beta=b, alpha=c), found, beta=a
        )
    return found


def _by_shape(weights: Iterable[Tensor]) -> list[list[Tensor]]:
    """Weights with a gradient, those of one shape together, in the order of the model."""
    found = defaultdict(list)
    for weight in weights:
        if weight.grad is not None:
            found[weight.shape].append(weight)
    return list(found.values())


def _adamw(weights: list[Tensor], params: TrainParams) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019); vectors (biases, norms) are not decayed."""
    groups = [
        {"params": [p for p in weights if p.ndim >= MATRIX], "weight_decay": params.weight_decay},
        {"params": [p for p in weights if p.ndim < MATRIX], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=params.learning_rate, betas=(0.9, 0.95), fused=True)


def _tables(model: Any) -> list[Any]:
    """What has a row a token or a position: the input embeddings and the head, tied or not."""
    tables = [module for module in model.modules() if isinstance(module, torch.nn.Embedding)]
    return [*tables, *filter(None, [model.get_output_embeddings()])]
