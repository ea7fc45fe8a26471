"""Memory of versions that are let go: back to the machine, and not into the allocator's pockets.

freed = Freed()
freed.watch(model)    its last stream ends, it is gone …
freed.give_back()     … and its pages are the machine's again

glibc keeps what is freed for whoever asks next, in pieces that the next model does not fit into: a
server that follows its registry would grow by about a model with every new version.
"""

import ctypes
import threading
import weakref


class Freed:
    """Whether anything that was watched has gone since the last time."""

    def __init__(self) -> None:
        self._gone = threading.Event()

    def watch(self, model: object) -> None:
        """Hear of its end."""
        weakref.finalize(model, self._gone.set)

    def give_back(self) -> None:
        """Where something has gone, hand free pages back."""
        if self._gone.is_set():
            self._gone.clear()
            _trim()


def _trim() -> None:
    """Other systems' allocators hand pages back by themselves."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
