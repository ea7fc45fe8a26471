"""One registration at a time on this machine, whichever project or process it comes from.

Two that look for a candidate at once both find none, and each would make a version of it. Those of
other machines are kept apart by claiming.py, which asks the registry.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import getuid
from pathlib import Path

from filelock import FileLock, Timeout

from chatloop.errors import UnreachableError
from chatloop.io.files import fingerprint
from chatloop.io.mlflow_store.connection import registry_uri

PATIENCE = 1800.0  # seconds: a large model takes minutes to upload, and others may be before us


@contextmanager
def in_turn(name: str, seconds: float = PATIENCE) -> Iterator[None]:
    """Wait until no other registers under this name in the same registry.

    Raises:
        UnreachableError: others took longer than `seconds`.
    """
    lock = FileLock(lock_file(name))
    try:
        lock.acquire(timeout=seconds)
    except Timeout as error:
        raise UnreachableError(
            f"{name}: another registration is at work since {seconds:,.0f} seconds "
            f"({lock.lock_file}); run again when it is done"
        ) from error
    try:
        yield
    finally:
        lock.release()


def lock_file(name: str) -> Path:
    """Where those of this machine that register under this name in this registry meet."""
    whose = fingerprint([registry_uri(), name])
    return Path(tempfile.gettempdir()) / f"chatloop-{getuid()}-{whose[:24]}.lock"
