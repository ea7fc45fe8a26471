"""The store of served answers, as the monitor asks it: SQL that counts, and the newest prompts.

with open_store(params) as store:
    store.exchanges()  →  1_000_000
"""

from collections.abc import Iterator
from contextlib import contextmanager

from chatloop.monitoring.traffic import Traffic
from chatloop.params import Params


@contextmanager
def open_store(_params: Params) -> Iterator[Traffic | None]:
    """The store, for reading only; None where none was made yet."""
    yield None
