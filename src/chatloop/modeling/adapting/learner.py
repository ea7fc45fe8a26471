"""What learns in a training: a model, whole or in parts, or the adapters beside its weights.

12,288 of 1,247,232 parameters learn (1.0 %): lora of rank 16 beside 14 layers
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatloop.modeling.adapting import adapters, freezing
from chatloop.modeling.adapting.quantizing import quantize
from chatloop.params import TrainParams


@dataclass(frozen=True)
class Learner:
    """`model` is trained in place; `tuner` is peft's model around it, where there are adapters.

    `total` counts the base's parameters and the adapters', `learning` those that change.
    """

    model: Any
    tuner: Any
    total: int
    learning: int
    said: tuple[str, ...]

    @property
    def figures(self) -> dict[str, object]:
        """Of the report: how much there is, and how much of it learns."""
        return {
            "parameters": self.total,
            "trainable_parameters": self.learning,
            "trainable_share": self.share,
        }

    @property
    def share(self) -> float:
        """Of all parameters, those that learn."""
        return self.learning / self.total


def make_learner(model: Any, params: TrainParams, added: Sequence[int]) -> Learner:
    """Freeze and adapt a model in place; `added` are the tokens that the base stage gave it.

    Raises:
        UserError: a name that the model does not have, or nothing is left to learn.
    """
    total = sum(weight.numel() for weight in model.parameters())
    frozen = freezing.frozen_names(model, params.freeze)
    if params.adapter is None:
        return _part(model, total, frozen, added)
    layers = adapters.adapted_layers(model, params.adapter.target, frozen)
    rows = {n: at for n, at in adapters.token_rows(model, list(added)).items() if n not in layers}
    if params.adapter.kind == "qlora":
        quantize(model)
    tuner = adapters.attach(model, params.adapter, layers, rows)
    learning = freezing.trainable(model)
    how = f"{params.adapter.kind} of rank {params.adapter.rank} beside {len(layers)} layers"
    also = f", and {len(added)} new tokens" if rows else ""
    line = _line(learning, total + learning, how + also)
    return Learner(model, tuner, total + learning, learning, (line,))


def _part(model: Any, total: int, frozen: set[str], added: Sequence[int]) -> Learner:
    if not frozen:
        return Learner(model, None, total, total, ())
    said = freezing.freeze(model, frozen)
    if added and not model.get_input_embeddings().weight.requires_grad:
        said.append(
            f"warning: the {len(added)} tokens that the base was given are frozen, all the same as "
            "they are: it can hardly learn where a turn ends; leave embeddings and head free"
        )
    learning = freezing.trainable(model)
    line = _line(learning, total, f"{len(frozen)} weights are frozen")
    return Learner(model, None, total, learning, (line, *said))


def _line(learning: int, total: int, how: str) -> str:
    return f"{learning:,} of {total:,} parameters learn ({learning / total:.1%}): {how}"
