"""A model of any shape, row after row: for those whose rows cannot be read together.

Each row has the cache that the model makes for itself: windows, states, whatever it needs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from chatloop.serve.engines.engine import Logits


class SerialDecoder:
    """A `Decoder` that takes as long for eight rows as eight times for one."""

    def __init__(self, model: Any, rows: int) -> None:
        self.rows = rows
        self._model = model
        self._caches: list[Any] = [None] * rows
        self._ids: list[list[int]] = [[] for _ in range(rows)]

    def fill(self, row: int, ids: Sequence[int], start: int) -> Logits:
        """As `Decoder.fill`; from the beginning, or where the row has ended."""
        if start == 0:
            self._caches[row], self._ids[row] = None, []
        return self._read(row, list(ids))

    def step(self, ids: Sequence[int]) -> Logits:
        """As `Decoder.step`."""
        return np.stack([self._read(row, [token]) for row, token in enumerate(ids)])

    def move(self, source: int, target: int) -> None:
        """As `Decoder.move`."""
        self._caches[target], self._ids[target] = self._caches[source], self._ids[source]
        self._caches[source], self._ids[source] = None, []

    @torch.inference_mode()
    def _read(self, row: int, ids: list[int]) -> Logits:
        """Some more ids; all of them again where the model gives no cache."""
        self._ids[row] = self._ids[row] + ids
        cache = self._caches[row]
        some = ids if cache is not None else self._ids[row]
        given = {} if cache is None else {"past_key_values": cache}
        tensor = torch.tensor([some], device=self._model.device)
        found = self._model(input_ids=tensor, use_cache=True, **given)
        self._caches[row] = getattr(found, "past_key_values", None)
        return found.logits[0, -1].float().cpu().numpy()  # type: ignore[no-any-return]
