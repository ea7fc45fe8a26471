"""Examples into rows of equal length with as little padding as possible.

    row 0 │ example 3 (410 tokens) │ example 17 (98) │ padding (4) │
    row 1 │ example 0 (512)                                        │

Best fit decreasing (Johnson 1973; used for packing by Ding et al. 2024, "Fewer Truncations Improve
Language Modeling"): an example is never cut. Positions restart at 0 with every example, which is
what keeps attention within it.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatloop.tokens.rendering import Example


@dataclass(frozen=True)
class Packed:
    """ids, positions (rows, context) int32; supervised (rows, context) bool.

    `examples` (rows, context) int32 is the index of the example a token belongs to, -1 for padding.
    """

    ids: NDArray[np.int32]
    positions: NDArray[np.int32]
    supervised: NDArray[np.bool_]
    examples: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)


def best_fit(lengths: Sequence[int], context: int) -> list[list[int]]:
    """Rows of indices into `lengths`, each row's sum at most `context`; the same every time.

    Raises:
        ValueError: a length is over `context`.
    """
    rows: list[list[int]] = []
    free: list[tuple[int, int]] = []  # (tokens left, row), sorted
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        length = lengths[index]
        if length > context:
            raise ValueError(f"example {index} has {length} tokens, a row holds {context}")
        at = bisect_left(free, (length, -1))
        if at == len(free):
            rows.append([index])
            insort(free, (context - length, len(rows) - 1))
        else:
            left, row = free.pop(at)
            rows[row].append(index)
            insort(free, (left - length, row))
    return rows


def pack(examples: Sequence[Example], context: int, pad_id: int) -> Packed:
    """All examples in rows of `context` tokens; padding is never supervised."""
    rows = best_fit([len(example.ids) for example in examples], context)
    shape = (len(rows), context)
    ids = np.full(shape, pad_id, dtype=np.int32)
    # Padding counts up from 0 after the last example: a sequence of its own, as any other.
    positions = np.zeros(shape, dtype=np.int32)
    supervised = np.zeros(shape, dtype=np.bool_)
    owner = np.full(shape, -1, dtype=np.int32)
    for row, members in enumerate(rows):
        start = 0
        for index in members:
            end = start + len(examples[index].ids)
            ids[row, start:end] = examples[index].ids
            supervised[row, start:end] = examples[index].supervised
            positions[row, start:end] = np.arange(end - start)
            owner[row, start:end] = index
            start = end
        positions[row, start:] = np.arange(context - start)
    # The first token of an example has nothing before it to be predicted from.
    supervised[positions == 0] = False
    return Packed(ids, positions, supervised, owner)
