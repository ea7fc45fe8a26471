"""A transformers model that keeps what each of many rows has read.

    row 0  │ k k k k k k k · · · · · │   7 read        keys and values of a layer:
    row 1  │ k k k · · · · · · · · · │   3 read        (rows, heads, places, width)
    row 2  │ k k k k k k k k k k · · │  10 read

A step writes one place in each row and looks at the places up to the longest; the mask hides what
a row has not read. Places grow as they are needed.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache

from chatloop.serve.engines.engine import Logits

GROWTH = 128  # places by which the cache grows


class RowCache(Cache):  # type: ignore[misc]
    """Where the model's attention puts keys and values, and what it gets to look at."""

    def __init__(self, rows: int) -> None:
        super().__init__(layers=[])
        self._rows = rows
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}
        self._at: tuple[Any, ...] = ()
        self._seen: tuple[Any, ...] = ()
        self._places = 0

    def look(self, rows: slice, at: tuple[Any, ...], width: int) -> None:
        """What the next forward reads into, `at` (row, heads, place), and looks at."""
        self._at, self._seen = at, (rows, slice(None), slice(0, width))
        if width > self._places:
            self._places = -(-width // GROWTH) * GROWTH
            for layer, pair in self._kept.items():
                self._kept[layer] = (self._more(pair[0]), self._more(pair[1]))

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Keep them and return what is looked at, all of (rows, heads, places, width)."""
        if layer_idx not in self._kept:
            self._kept[layer_idx] = (self._room(key_states), self._room(value_states))
        keys, values = self._kept[layer_idx]
        step = key_states.shape[2] == 1 and isinstance(self._at[0], Tensor)
        keys[self._at] = key_states[:, :, 0] if step else key_states[0]
        values[self._at] = value_states[:, :, 0] if step else value_states[0]
        return keys[self._seen], values[self._seen]

    def move(self, source: int, target: int, length: int) -> None:
        """Copy what a row has read."""
        for pair in self._kept.values():
            for tensor in pair:
                tensor[target, :, :length] = tensor[source, :, :length]

    def get_seq_length(self, *_: Any) -> int:
        """Positions are always given; nobody needs to count."""
        return 0

    def _room(self, like: Tensor) -> Tensor:
        """For all rows and places, in the shape of new keys or values."""
        return like.new_zeros(self._rows, like.shape[1], self._places, like.shape[3])

    def _more(self, tensor: Tensor) -> Tensor:
        """The same with the places that are needed now."""
        more = self._room(tensor)
        more[:, :, : tensor.shape[2]] = tensor
        return more


class RowDecoder:
    """Any causal language model of transformers whose attention takes a mask and a cache."""

    def __init__(self, model: Any, rows: int) -> None:
        self.rows = rows
        self.model = model
        self._cache = RowCache(rows)
        self._lengths = torch.zeros(rows, dtype=torch.long)
        self._masks = _Masks(model.config.get_text_config(), model.dtype)

    @torch.inference_mode()
    def fill(self, row: int, ids: Sequence[int], start: int) -> Logits:
        """As `Decoder.fill`."""
        end = start + len(ids)
        self._cache.look(slice(row, row + 1), (row, slice(None), slice(start, end)), end)
        positions = torch.arange(start, end)
        logits = self._logits(torch.tensor([list(ids)]), positions[None], end)
        self._lengths[row] = end
        return logits[0]  # type: ignore[no-any-return]

    @torch.inference_mode()
    def step(self, ids: Sequence[int]) -> Logits:
        """As `Decoder.step`."""
        count = len(ids)
        positions = self._lengths[:count].clone()
        width = int(positions.max()) + 1
        at = (torch.arange(count), slice(None), positions)
        self._cache.look(slice(0, count), at, width)
        logits = self._logits(torch.tensor(ids)[:, None], positions[:, None], width)
        self._lengths[:count] += 1
        return logits

    @torch.inference_mode()
    def move(self, source: int, target: int) -> None:
        """As `Decoder.move`."""
        self._lengths[target] = self._lengths[source]
        self._cache.move(source, target, int(self._lengths[source]))

    def _logits(self, ids: Tensor, positions: Tensor, width: int) -> Logits:
        """Of the last place: (rows, vocabulary)."""
        device = self.model.device
        found = self.model(
            input_ids=ids.to(device),
            position_ids=positions.to(device),
            attention_mask=self._masks.of(positions.to(device), width),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return found.logits[:, -1].float().cpu().numpy()  # type: ignore[no-any-return]


class _Masks:
    """Which places are looked at (rows, 1, queries, places), by the kinds of layers there are."""

    def __init__(self, config: Any, dtype: torch.dtype) -> None:
        self._adds = dtype if config._attn_implementation == "eager" else None
        kinds = set(getattr(config, "layer_types", None) or [])
        window = getattr(config, "sliding_window", None)
        if getattr(config, "use_sliding_window", True) is False:
            window = None
        self._window = int(window or 0)
        self._kinds = kinds if len(kinds) > 1 else set()
        self._slides = bool(window) and kinds != {"full_attention"}

    def of(self, positions: Tensor, width: int) -> Any:
        """For queries at `positions` (rows, queries); by kind where layers differ."""
        places = torch.arange(width, device=positions.device)
        full = (places <= positions[..., None])[:, None]
        near = full
        if self._slides:
            near = full & (places > positions[..., None] - self._window)[:, None]
        if not self._kinds:
            return self._as_asked(near)
        masks = {True: self._as_asked(full), False: self._as_asked(near)}
        return {kind: masks[kind == "full_attention"] for kind in self._kinds}

    def _as_asked(self, seen: Tensor) -> Tensor:
        """Eager attention adds the mask to the scores; the others take what is true."""
        if self._adds is None:
            return seen
        hidden = torch.finfo(self._adds).min
        return torch.zeros(seen.shape, dtype=self._adds, device=seen.device).masked_fill(
            ~seen, hidden
        )
