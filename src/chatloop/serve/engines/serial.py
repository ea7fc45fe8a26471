"""A model of any shape, row after row: for those whose rows cannot be read together.

Each row has the cache that the model makes for itself: windows, states, whatever it needs.
"""

from collections.abc import Sequence
from typing import Any

import torch

from chatloop.serve.engines.engine import Logits, Part


class SerialDecoder:
    """A `Decoder` that takes as long for eight rows as eight times for one."""

    def __init__(self, model: Any, rows: int) -> None:
        self.rows = rows
        self._model = model
        self._caches: list[Any] = [None] * rows
        self._ids: list[list[int]] = [[] for _ in range(rows)]

    def read(self, parts: Sequence[Part]) -> list[Logits]:
        """As `Decoder.read`; a part begins where the row has ended, or at 0."""
        return [self._read(part) for part in parts]

    def move(self, source: int, target: int, length: int) -> None:
        """As `Decoder.move`; the first row is free."""
        self._caches[target], self._ids[target] = self._caches[source], self._ids[source]
        self._caches[source], self._ids[source] = None, []

    @torch.inference_mode()
    def _read(self, part: Part) -> Logits:
        """Some more ids; all of them again where the model gives no cache."""
        row = part.row
        if part.start == 0:
            self._caches[row], self._ids[row] = None, []
        self._ids[row] = [*self._ids[row], *part.ids]
        cache = self._caches[row]
        some = part.ids if cache is not None else self._ids[row]
        given = {} if cache is None else {"past_key_values": cache}
        tensor = torch.tensor([list(some)], device=self._model.device)
        found = self._model(input_ids=tensor, use_cache=True, **given)
        self._caches[row] = getattr(found, "past_key_values", None)
        logits = found.logits[0, len(some) - part.asked :]
        return logits.float().cpu().numpy()  # type: ignore[no-any-return]
