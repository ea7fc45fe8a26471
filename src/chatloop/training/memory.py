"""Rows that go through the model at once: half as many when memory runs out, with the same result.

batch_rows: 8, rows_at_once: 4, one thread     →  two parts of 4 rows, gradients summed
torch.OutOfMemoryError                         →  four parts of 2 rows
"""

import logging
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from chatloop.errors import UserError

Result = TypeVar("Result")
log = logging.getLogger("chatloop.training")


class Memory:
    """How many rows fit; learned from what did not."""

    def __init__(self, rows_at_once: int) -> None:
        self.rows_at_once = rows_at_once

    def parts(self, rows: NDArray[np.int64], workers: int) -> list[NDArray[np.int64]]:
        """Parts of a step's rows, as equal as can be: a multiple of the workers, none too large."""
        rounds = -(-len(rows) // (workers * self.rows_at_once))
        return np.array_split(rows, min(len(rows), rounds * workers))

    def fitted(self, work: Callable[[], Result], undo: Callable[[], None]) -> Result:
        """`work`, again with half the rows after `undo` for as long as memory runs out.

        Raises:
            UserError: one row alone does not fit.
        """
        while True:
            try:
                return work()
            except (MemoryError, RuntimeError) as error:
                if not ran_out(error):
                    raise
            undo()
            self._halve()

    def _halve(self) -> None:
        if self.rows_at_once == 1:
            raise UserError(
                "one row alone does not fit into memory; lower tokenize.context, or take a smaller "
                "base.model"
            )
        self.rows_at_once //= 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        log.warning("out of memory: goes on with %d rows at once", self.rows_at_once)


def ran_out(error: BaseException) -> bool:
    """CUDA has an exception of its own; what the CPU's allocator raises has only its words."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        "not enough memory" in str(error)
    )
