"""What MLflow has yet to be told of a training: a file with a line for each, in order.

.dvc/tmp/mlflow/4f0c9a52-1763843200123.jsonl
{"time": …, "begin": {"fingerprint": "4f0c…", "params": {"train.epochs": "3"}}}
{"time": …, "step": 10, "values": {"loss": 7.62}}
{"time": …, "tags": {"chatloop.candidate_sha256": "1f0c…"}}
{"time": …, "end": "FINISHED"}

Beside it stands how far MLflow knows it. Whoever holds its lock writes it; what a process left that
was killed, or found no MLflow, is sent by the next.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

UNSENT = Path(".dvc/tmp/mlflow")
LIMIT_BYTES, LIMIT_FILES = 16 << 20, 20

Line = dict[str, Any]


class Journal:
    """One file: `add` at its end, `unsent` from where `sent` has come to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._state = path.with_suffix(".sent")
        self.run_id, self._sent = self._read_state()

    def add(self, **line: Any) -> None:
        """One more line; beyond the limit the curve has gaps, and the rest is kept."""
        if "values" in line and self._file.tell() > LIMIT_BYTES:
            return
        content = json.dumps({"time": time.time_ns() // 1_000_000, **line})
        self._file.write(content.encode() + b"\n")

    def unsent(self) -> Iterator[tuple[int, Line]]:
        """Whole lines that MLflow does not know, each with the place where it ends."""
        with self.path.open("rb") as file:
            end = file.seek(self._sent)
            for line in file:
                end += len(line)
                if line.endswith(b"\n"):
                    yield end, json.loads(line)

    def sent(self, end: int, run_id: str) -> None:
        """MLflow knows all up to here, in this run."""
        self.run_id, self._sent = run_id, end
        aside = self._state.with_suffix(".part")
        aside.write_text(json.dumps({"run_id": run_id, "bytes": end}), encoding="utf-8")
        aside.replace(self._state)

    def remove(self) -> None:
        """All is known, or never will be."""
        for path in (self.path, self._state):
            path.unlink(missing_ok=True)
        self.close()
        with suppress(OSError):
            os.removedirs(self.path.parent)

    @property
    def closed(self) -> bool:
        """Nothing can be added any more."""
        return self._file.closed

    def close(self) -> None:
        """Let others have it."""
        self._file.close()

    def _read_state(self) -> tuple[str, int]:
        try:
            state: Mapping[str, Any] = json.loads(self._state.read_text(encoding="utf-8"))
            return str(state["run_id"]), int(state["bytes"])
        except (OSError, ValueError, KeyError):
            return "", 0


def begin_journal(fingerprint: str, params: Mapping[str, str]) -> Journal:
    """A journal of a training that begins now. Raises OSError where it cannot be written."""
    for path in sorted(UNSENT.glob("*.jsonl"), key=_age)[: -LIMIT_FILES or None]:
        with suppress(OSError):
            Journal(path).remove()
    journal = Journal(UNSENT / f"{fingerprint[:8]}-{time.time_ns() // 1_000_000}.jsonl")
    journal.add(begin={"fingerprint": fingerprint, "params": dict(params)})
    return journal


@contextmanager
def left_journals(folder: Path) -> Iterator[list[Journal]]:
    """Those that nobody writes any more, the oldest first."""
    found = []
    for path in sorted(folder.glob("*.jsonl"), key=_age):
        with suppress(OSError):
            found.append(Journal(path))
    try:
        yield found
    finally:
        for journal in found:
            journal.close()


def _age(path: Path) -> str:
    """Their names end in the time at which they began."""
    return path.stem.rpartition("-")[2]
