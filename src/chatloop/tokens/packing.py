"""Examples into rows of equal length with as little padding as possible.

    row 0 │ example 3 (410 tokens) │ example 17 (98) │ padding (4) │
    row 1 │ example 0 (512)                                        │

Best fit decreasing (Johnson 1973; used for packing by Ding et al. 2024, "Fewer Truncations Improve
Language Modeling"): an example is never cut. Positions restart at 0 with every example, which is
what keeps attention within it.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chatloop.tokens.example import Example


@dataclass(frozen=True)
class Packed:
    """ids, positions (rows, context) int32; supervised, last (rows, context) bool.

    `last` is where the last answer of a conversation is, and nothing else is, supervised.

    `examples` (rows, context) int32 is the index of the example a token belongs to, -1 for padding.
    """

    ids: NDArray[np.int32]
    positions: NDArray[np.int32]
    supervised: NDArray[np.bool_]
    examples: NDArray[np.int32]
    last: NDArray[np.bool_]

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
    return _lay(examples, best_fit([len(one.ids) for one in examples], context), context, pad_id)


def pack_groups(groups: Sequence[Sequence[Example]], context: int, pad_id: int) -> Packed:
    """The same, with all examples of a group in one row; they are counted through, group by group.

    Raises:
        ValueError: a group is over `context`.
    """
    rows = best_fit([sum(len(one.ids) for one in group) for group in groups], context)
    first = np.cumsum([0, *(len(group) for group in groups)]).tolist()
    members = [[i for at in row for i in range(first[at], first[at + 1])] for row in rows]
    return _lay([one for group in groups for one in group], members, context, pad_id)


def one_a_row(examples: Sequence[Example], most: int, pad_id: int) -> Iterator[Packed]:
    """Batches of at most `most` tokens: examples of about one length, one in a row, the longest
    first, padding behind it.

    Causal attention needs no mask there. Its work grows with the square of each example, where in
    rows of many it grows with the square of the row.
    """
    order = sorted(range(len(examples)), key=lambda i: (-len(examples[i].ids), i))
    while order:
        width = len(examples[order[0]].ids)
        rows = [[index] for index in order[: max(1, most // width)]]
        order = order[len(rows) :]
        counted = np.tile(np.arange(width, dtype=np.int32), (len(rows), 1))
        yield replace(_lay(examples, rows, width, pad_id), positions=counted)


def _lay(
    examples: Sequence[Example], rows: Sequence[Sequence[int]], context: int, pad_id: int
) -> Packed:
    shape = (len(rows), context)
    ids = np.full(shape, pad_id, dtype=np.int32)
    # Padding counts up from 0 after the last example: a sequence of its own, as any other.
    positions = np.zeros(shape, dtype=np.int32)
    supervised = np.zeros(shape, dtype=np.bool_)
    owner = np.full(shape, -1, dtype=np.int32)
    last = np.zeros(shape, dtype=np.bool_)
    for row, members in enumerate(rows):
        start = 0
        for index in members:
            end = start + len(examples[index].ids)
            ids[row, start:end] = examples[index].ids
            supervised[row, start:end] = examples[index].supervised
            positions[row, start:end] = np.arange(end - start)
            owner[row, start:end] = index
            if examples[index].last:
                earlier = examples[index].ends[:-1]
                begin = earlier[-1][1] if earlier else 0
                last[row, start + begin : end] = examples[index].supervised[begin:]
            start = end
        positions[row, start:] = np.arange(context - start)
    # The first token of an example has nothing before it to be predicted from.
    supervised[positions == 0] = False
    last[positions == 0] = False
    return Packed(ids, positions, supervised, owner, last)


def supervising(packed: Packed, which: Literal["all", "last"]) -> Packed:
    """The rows with all answers supervised, or with the last of each conversation only.

    Rows without any such answer are left out.
    """
    if which == "all":
        return packed
    rows = np.flatnonzero(packed.last.any(axis=1))
    last = packed.last[rows]
    return Packed(packed.ids[rows], packed.positions[rows], last, packed.examples[rows], last)
