"""Locks between processes that the kernel lets go of, however their holder ends.

with locked(Path(".dvc/tmp/flow.lock"), "wait for its end"):
    holder(Path(".dvc/tmp/flow.lock"))  →  4711, our process
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from chatloop.errors import BusyError

# Whoever only asks has the lock for a moment, too; nobody is refused for that.
PATIENCE_SECONDS, STEP_SECONDS = 0.5, 0.02


@contextmanager
def locked(path: Path, what: str, advice: str) -> Iterator[None]:
    """The lock, with our process id in its file.

    Raises:
        BusyError: `WHAT (process 4711); ADVICE`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        if not _take(file, fcntl.LOCK_EX, PATIENCE_SECONDS):
            file.seek(0)
            raise BusyError(f"{what} (process {file.read().strip() or 'unknown'}); {advice}")
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(path: Path) -> int | None:
    """The process that has the lock, 0 where it does not say; None where nobody has it."""
    try:
        with path.open(encoding="utf-8") as file:
            if _take(file, fcntl.LOCK_SH, 0.0):
                return None
            said = file.read().strip()
            return int(said) if said.isdecimal() else 0
    except OSError:
        return None


def _take(file: IO[str], kind: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(STEP_SECONDS)
        else:
            return True
