"""What a model's attention is while it runs in rows: many prompts and answers laid end to end.

    ids      [ anna anna anna | ben | cleo cleo ]      one flat sequence: no product pads anything
    queries  [[anna anna anna] [ben · ·] [cleo cleo ·]]  padded for the attention alone
    places   row by row: all that anna, ben and cleo have read before, and now

The function is registered with transformers under a name; the model hands it queries, keys and
values of each layer, and a `View` says what they are.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import AttentionInterface

NAME = "chatloop_rows"
KNOWN = {
    "scaling", "dropout", "sliding_window", "softcap", "is_causal", "position_ids", "use_cache",
    "output_attentions", "logits_to_keep", "cache_position",
}  # fmt: skip


@dataclass(frozen=True)
class View:
    """One forward's rows. `places` has a pair for each layer, (rows, places, heads, width) each."""

    places: list[Tensor]  # keys of layer 0, values of layer 0, keys of layer 1, …
    row: Tensor  # (tokens,) whose row, of those in view
    position: Tensor  # (tokens,) its place there
    padded: Tensor  # (rows · queries,) which token stands there
    flat: Tensor  # (tokens,) where each token stands there
    masks: tuple[Tensor, Tensor]  # (rows, 1, queries, places): of all that was read; of a window
    windows: tuple[bool, ...]  # which layers look through the window


looking: ContextVar[View] = ContextVar("looking")
measured: ContextVar[dict[int, tuple[Tensor, Tensor]]] = ContextVar("measured")


def attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, _mask: Any = None, **more: Any
) -> tuple[Tensor, None]:
    """Queries, keys and values (1, heads, tokens, width) to (1, tokens, heads, width).

    Raises:
        TypeError: the model's attention asks for what is not known here.
    """
    unknown = sorted(
        name for name, given in more.items() if given is not None and name not in KNOWN
    )
    if unknown:
        raise TypeError(f"its attention takes {', '.join(unknown)}")
    layer, view = int(module.layer_idx), looking.get(None)
    if view is None:
        measured.get()[layer] = (key, value)
        return query.transpose(1, 2), None
    keys, values = view.places[2 * layer], view.places[2 * layer + 1]
    keys.index_put_((view.row, view.position), key[0].transpose(0, 1))
    values.index_put_((view.row, view.position), value[0].transpose(0, 1))
    mask = view.masks[view.windows[layer]]
    rows, queries, heads = mask.shape[0], mask.shape[2], key.shape[1]
    # Queries that share keys stand beside each other, so that keys are never copied.
    padded = query[0].transpose(0, 1).index_select(0, view.padded)
    asked = padded.view(rows, queries, heads, -1, query.shape[3]).permute(0, 2, 3, 1, 4)
    groups = asked.shape[2]
    if query.shape[1] != heads:
        mask = mask[:, :, None].expand(-1, -1, groups, -1, -1).flatten(2, 3)
    said = _weighed(asked.flatten(2, 3), keys.transpose(1, 2), values.transpose(1, 2), mask, more)
    said = said.view(rows, heads, groups, queries, -1).permute(0, 3, 1, 2, 4)
    answer = said.reshape(rows * queries, query.shape[1], -1).index_select(0, view.flat)
    return answer[None], None


def _weighed(
    query: Tensor, keys: Tensor, values: Tensor, mask: Tensor, more: dict[str, Any]
) -> Tensor:
    """Values by softmax of scores, which some models (Gemma 2) hold within a cap."""
    scale, cap = more.get("scaling"), more.get("softcap")
    if cap is None:
        return functional.scaled_dot_product_attention(query, keys, values, mask, scale=scale)
    scores = query @ keys.transpose(2, 3)
    scores = torch.tanh(scores * (scale or query.shape[-1] ** -0.5) / cap) * cap + mask
    weights = functional.softmax(scores, dim=-1, dtype=torch.float32)
    return weights.to(query.dtype) @ values


AttentionInterface.register(NAME, attend)
