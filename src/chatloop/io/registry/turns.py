"""One registration at a time on this machine, whichever project or process it comes from.

    sqlite:///…/shop/mlflow.db    →  …/shop/mlflow.db.lock
    https://mlflow.example        →  /tmp/chatloop-1000-0a.lock

Two that look for a candidate at once both find none, and each would make a version of it. A lock's
file stays, since whoever waits for it holds it open: beside the database it goes with the project,
and of servers, which projects share, there are at most PLACES. Two that happen to have one place
wait for each other, and do no harm. Those of other machines are kept apart by claiming.py, which
asks the registry.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import getuid
from pathlib import Path

from filelock import FileLock, Timeout

from chatloop.errors import UnreachableError
from chatloop.io.files import fingerprint
from chatloop.io.mlflow_store.connection import SQLITE, registry_uri

PATIENCE = 1800.0  # seconds: a large model takes minutes to upload, and others may be before us
PLACES = 16


@contextmanager
def in_turn(name: str, seconds: float = PATIENCE) -> Iterator[None]:
    """Wait until no other registers in the same registry; `name` is for the message.

    Raises:
        UnreachableError: others took longer than `seconds`.
    """
    lock = FileLock(lock_file(registry_uri()))
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


def lock_file(uri: str) -> Path:
    """Where those of this machine meet that register in this registry."""
    if uri.startswith(SQLITE):
        path = Path(uri.removeprefix(SQLITE)).resolve()
        return path.with_name(f"{path.name}.lock")
    number = int(fingerprint([uri])[:8], 16) % PLACES
    return Path(tempfile.gettempdir()) / f"chatloop-{getuid()}-{number:02x}.lock"
