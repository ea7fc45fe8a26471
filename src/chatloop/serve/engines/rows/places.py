"""Keys and values of many rows: what each has read, and copies of it that outlive a row.

    row 0  │ k k k k k k k · · · · · │   7 read        of a layer:
    row 1  │ k k k · · · · · · · · · │   3 read        (rows, places, heads, width)
    row 2  │ k k k k k k k k k k · · │  10 read

Places grow as they are needed. What stands behind the last one that was read is never looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

GROWTH = 128  # places by which all rows grow


@dataclass(frozen=True)
class Kept:
    """A copy of what a row had read."""

    tensors: list[Tensor]  # a pair for each layer, (places, heads, width) each

    @property
    def bytes(self) -> int:
        """Memory that it takes."""
        return sum(tensor.nbytes for tensor in self.tensors)


class Places:
    """The tensors; `like` has a layer's keys and values, (1, heads, tokens, width) each."""

    def __init__(self, rows: int, like: Mapping[int, tuple[Tensor, Tensor]]) -> None:
        if sorted(like) != list(range(len(like))):
            raise ValueError("its layers are not numbered from 0")
        self._tensors = [
            some.new_zeros(rows, 0, some.shape[1], some.shape[3])
            for layer in range(len(like))
            for some in like[layer]
        ]

    def view(self, first: int, rows: int, width: int) -> list[Tensor]:
        """Some rows that stand beside each other, up to a place."""
        self._grow(width)
        return [tensor[first : first + rows, :width] for tensor in self._tensors]

    def copy(self, source: int, target: int, length: int) -> None:
        """The first places of one row to another."""
        for tensor in self._tensors:
            tensor[target, :length] = tensor[source, :length]

    def keep(self, row: int, length: int) -> Kept:
        """A copy of the first places of a row."""
        return Kept([tensor[row, :length].clone() for tensor in self._tensors])

    def put(self, kept: Kept, row: int, length: int) -> None:
        """The first places of a copy into a row."""
        self._grow(length)
        for tensor, some in zip(self._tensors, kept.tensors, strict=True):
            tensor[row, :length] = some[:length]

    def _grow(self, width: int) -> None:
        """Make room for so many places in each row."""
        rows, places = self._tensors[0].shape[:2]
        if width <= places:
            return
        wide = -(-max(width, places + places // 4) // GROWTH) * GROWTH
        for at, tensor in enumerate(self._tensors):
            self._tensors[at] = tensor.new_zeros(rows, wide, *tensor.shape[2:])
            self._tensors[at][:, :places] = tensor
