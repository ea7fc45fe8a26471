"""A transformers model that reads for many rows at once, each as much as it has.

decoder.read([Part(0, 6, (412,)), Part(1, 0, (5, 7, 9, 11))])
[logits (1, vocabulary) after row 0's seventh id, (1, vocabulary) after row 1's fourth]
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import torch
from torch import Tensor

from chatloop.serve.engines.engine import Logits, Part
from chatloop.serve.engines.rows.attention import NAME, measured
from chatloop.serve.engines.rows.places import Kept, Places
from chatloop.serve.engines.rows.tracing import Forward, Inputs, traced


class RowDecoder:
    """Any causal language model of transformers whose attention can be replaced.

    Raises:
        RuntimeError, TypeError, ValueError, KeyError: it cannot be run in rows; the reason.
    """

    def __init__(
        self,
        model: Any,
        rows: int,
        *,
        likeliest: Any = None,
        quick: Any = None,
        graph: bool = True,
    ) -> None:
        """`likeliest` is the same model with a head that has the largest logit right, no other;
        `quick` one that is about right in less time. It is asked where `look_ahead` says so."""
        self.rows, self.ahead = rows, 0
        for one in (model, likeliest, quick):
            if one is not None:
                one.set_attn_implementation(NAME)
        self._device, self._dtype = model.device, model.dtype
        config = model.config.get_text_config()
        like = _layers(model)
        self._window, windows = _windows(config, len(like))
        self._places = Places(max(rows, 2), like)
        self._forward = self._made(Forward(model, windows), graph)
        self._likeliest = self._quick = self._forward
        if likeliest is not None:
            self._likeliest = self._made(Forward(likeliest, windows), graph)
        if quick is not None:
            self._quick = self._made(Forward(quick, windows), graph)

    @torch.inference_mode()
    def read(self, parts: Sequence[Part]) -> list[Logits]:
        """As `Decoder.read`."""
        least = all(part.likeliest for part in parts if part.asked)
        return self._logits(self._likeliest if least else self._forward, parts)

    @torch.inference_mode()
    def glance(self, parts: Sequence[Part]) -> list[Logits]:
        """As `Glancing.glance`."""
        return self._logits(self._quick, parts)

    @torch.inference_mode()
    def move(self, source: int, target: int, length: int) -> None:
        """As `Decoder.move`."""
        self._places.copy(source, target, length)

    @torch.inference_mode()
    def keep(self, row: int, length: int) -> Kept:
        """As `Rewinding.keep`."""
        return self._places.keep(row, length)

    @torch.inference_mode()
    def put(self, kept: Kept, row: int, length: int) -> None:
        """As `Rewinding.put`."""
        self._places.put(kept, row, length)

    def _logits(self, forward: Any, parts: Sequence[Part]) -> list[Logits]:
        logits = forward(*self._inputs(parts)).float().cpu().numpy()
        edges = accumulate((part.asked for part in parts), initial=0)
        return [logits[begin:end] for begin, end in pairwise(edges)]

    def look_ahead(self, rows: int) -> None:
        """Up to so many rows; with none, the quick copy is let go."""
        self.ahead = rows
        if not rows:
            self._quick = self._forward

    def read_all(self) -> None:
        """All logits for everybody; the other head is let go."""
        self._likeliest = self._forward

    def _made(self, forward: Forward, graph: bool) -> Any:
        """Traced with two rows, one of them shorter: nothing in the graph is of a fixed size."""
        if not graph:
            return forward
        return traced(forward, self._inputs([Part(0, 0, (1, 1, 1)), Part(1, 0, (1, 1))]))

    def _inputs(self, parts: Sequence[Part]) -> Inputs:
        """What the forward takes; see `View`."""
        first, count = parts[0].row, len(parts)
        queries = max(len(part.ids) for part in parts)
        width = max(part.start + len(part.ids) for part in parts)
        ids, row, position, flat, padded, asked = [], [], [], [], [], []  # type: ignore[var-annotated]
        for at, part in enumerate(parts):
            begin, size = len(ids), len(part.ids)
            ids += part.ids
            row += [at] * size
            position += range(part.start, part.start + size)
            flat += range(at * queries, at * queries + size)
            padded += [*range(begin, begin + size), *[begin] * (queries - size)]
            asked += range(begin + size - part.asked, begin + size)
        asked = asked or [len(ids) - 1]  # no product is of nothing
        places = torch.tensor(position)[padded].view(count, queries)
        tensors = [torch.tensor(one) for one in (ids, row, position, padded, flat)]
        given = [*tensors, *self._masks(places, width), torch.tensor(asked, dtype=torch.long)]
        view = self._places.view(first, count, width)
        return (*(one.to(self._device) for one in given), view)

    def _masks(self, positions: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """What is added to scores (rows, 1, queries, places): of all places, and of a window."""
        places = torch.arange(width)
        hidden = places > positions[..., None]
        full = self._hiding(hidden)
        if not self._window:
            return full, full
        return full, self._hiding(hidden | (places <= positions[..., None] - self._window))

    def _hiding(self, hidden: Tensor) -> Tensor:
        mask = torch.zeros(hidden.shape, dtype=self._dtype)
        return mask.masked_fill_(hidden, -torch.inf)[:, None]


@torch.inference_mode()
def _layers(model: Any) -> dict[int, tuple[Tensor, Tensor]]:
    """Keys and values of one token, by layer."""
    found: dict[int, tuple[Tensor, Tensor]] = {}
    token = measured.set(found)
    try:
        zero = torch.zeros(1, 1, dtype=torch.long, device=model.device)
        model(input_ids=zero, position_ids=zero, use_cache=False)
    finally:
        measured.reset(token)
    if not found:
        raise ValueError("its attention cannot be replaced")
    return found


def _windows(config: Any, layers: int) -> tuple[int, tuple[bool, ...]]:
    """How many places a window has, 0 for none, and which layers look through it."""
    kinds = list(getattr(config, "layer_types", None) or [])
    window = int(getattr(config, "sliding_window", None) or 0)
    if getattr(config, "use_sliding_window", True) is False:
        window = 0
    unknown = sorted(set(kinds) - {"full_attention", "sliding_attention"})
    if unknown:
        raise ValueError(f"its layers are of {', '.join(unknown)}")
    sliding = [kind == "sliding_attention" for kind in kinds] or [True] * layers
    return window, tuple(bool(window) and one for one in sliding)
