"""A model's forward as a graph that torch runs by itself: no Python between its operations.

A step over few rows is a thousand small operations; from Python they take longer than reading all
weights in int8, and they wait for each other's turn with the threads that talk to clients.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from chatloop.serve.engines.rows.attention import View, looking

Inputs = tuple[Any, ...]


class Forward(nn.Module):
    """Logits (asked, vocabulary) of flat tokens; see `View` for the rest of what it takes."""

    def __init__(self, model: Any, windows: Sequence[bool]) -> None:
        super().__init__()
        self.model = model
        self.windows = tuple(windows)

    def forward(
        self, ids: Tensor, row: Tensor, position: Tensor, padded: Tensor, flat: Tensor,
        full: Tensor, near: Tensor, asked: Tensor, places: list[Tensor],
    ) -> Tensor:  # fmt: skip
        """`asked` are the tokens whose logits are wanted."""
        view = View(places, row, position, padded, flat, (full, near), self.windows)
        token = looking.set(view)
        try:
            found = self.model(
                input_ids=ids[None],
                position_ids=position[None],
                use_cache=False,
                logits_to_keep=asked,
            )
        finally:
            looking.reset(token)
        logits: Tensor = found.logits[0]
        return logits


def traced(forward: Forward, inputs: Inputs) -> Any:
    """The same as a graph, for any number of tokens and rows.

    Raises:
        RuntimeError: the model does something that no graph can hold.
    """
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # that shapes are taken as they come is what is wanted
        return torch.jit.trace(forward.eval(), inputs, check_trace=False)  # type: ignore[no-untyped-call]
