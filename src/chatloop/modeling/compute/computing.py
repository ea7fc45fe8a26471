"""How a model computes while it trains: chosen once, put on the model, taken off at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from chatloop.modeling.compute.attention import attending, choose_attention
from chatloop.modeling.compute.compiling import choose_compiling
from chatloop.modeling.compute.precision import choose_precision
from chatloop.params import TrainParams

# Where `Logits` finds the choice; copies of the model carry it along.
MARK = "chatloop_computes"


@dataclass(frozen=True)
class Computes:
    """`precision` of products; whether the body is compiled."""

    precision: torch.dtype = torch.float32
    compiled: bool = False


@contextmanager
def computing(model: Any, params: TrainParams, tokens: int) -> Iterator[Computes]:
    """Inside the block the model computes as `params` say, for a training of so many tokens."""
    weights = sum(weight.numel() for weight in model.parameters())
    precision = choose_precision(params.precision, model.device, weights)
    compiled = choose_compiling(params.compile, model.device, 6.0 * weights * tokens)
    chosen = Computes(precision, compiled)
    setattr(model, MARK, chosen)
    try:
        with attending(model, choose_attention(model, precision)), _recomputing(model, params):
            yield chosen
    finally:
        delattr(model, MARK)


def computes(model: Any) -> Computes:
    """As it was chosen; in float32 and not compiled where nobody chose."""
    return getattr(model, MARK, Computes())


@contextmanager
def _recomputing(model: Any, params: TrainParams) -> Iterator[None]:
    """Layers keep only what goes into them, and are computed again for the gradient."""
    if not params.recompute:
        yield
        return
    model.activation_checkpointing_enable({"use_reentrant": False})
    try:
        yield
    finally:
        model.activation_checkpointing_disable()
