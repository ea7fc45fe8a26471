"""The diary of retrainings on this machine: who began, why, how it ended.

    {"started": 1795376830.9, "ended": 1795377069.2, "pid": 4711, "because": ["2 files changed"],
     "outcome": "promoted", "version": 4, "trained": true, "said": "beats version 3 by 0.0210 …"}

Only the process that holds the repository writes it. An entry without an end whose process let go
of the repository is a run that died; the next one that begins says so.
"""

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import read_json, write_json

FOLDER = Path(".dvc/tmp/loop")
RUNS = "runs.json"
KEPT = 200
DIED, RUNNING = "died", "running"


@dataclass(frozen=True)
class Run:
    """A retraining; times in seconds since 1970, `trained` where a stage had to run."""

    started: float
    pid: int
    because: tuple[str, ...] = ()
    ended: float | None = None
    outcome: str = RUNNING
    version: int | None = None
    trained: bool = False
    said: str = ""


class Journal:
    """The diary in a folder; a broken or missing file is an empty one."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / RUNS

    def runs(self) -> tuple[Run, ...]:
        """All that are kept, the oldest first."""
        try:
            found = read_json(self._path)
        except UserError:
            return ()
        entries = found if isinstance(found, list) else []
        return tuple(run for run in map(_run, entries) if run is not None)

    def begin(self, started: float, because: tuple[str, ...]) -> list[Run]:
        """Open an entry; returns those that were open still: they died."""
        before = self.runs()
        dead = [run for run in before if run.ended is None]
        closed = [closed_as_dead(run, started) for run in before]
        self._write([*closed, Run(started, os.getpid(), because)])
        return dead

    def end(self, ended: float, **facts: Any) -> Run:
        """Close the entry that is open, with what came of it."""
        *before, last = self.runs()
        done = replace(last, ended=max(ended, last.started), **facts)
        self._write([*before, done])
        return done

    def _write(self, runs: list[Run]) -> None:
        write_json(self._path, [asdict(run) for run in runs[-KEPT:]])


def closed_as_dead(run: Run, now: float) -> Run:
    """The run as one that died, where it is open; nobody knows when, so it took no time."""
    if run.ended is not None:
        return run
    said = f"process {run.pid} ended without a word; what it had finished is kept"
    return replace(run, ended=min(run.started, now), outcome=DIED, trained=True, said=said)


def _run(entry: Any) -> Run | None:
    if not isinstance(entry, dict):
        return None
    try:
        return Run(**{**entry, "because": tuple(entry.get("because", ()))})
    except TypeError:
        return None
