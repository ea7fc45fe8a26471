"""A training run, shown in MLflow while it happens; training never waits for it and needs it not.

with training_run(fingerprint, {"train": {"epochs": 3}}) as run:
    run.log(step=1, values={"loss": 7.62, "learning_rate": 1.0e-4})
    run.finish(candidate_sha256)

What there is to say goes to a file, and a thread tells MLflow. While MLflow is away the file grows;
when it is back, or at the next run, it is told in order, and nothing twice.
"""

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chatloop.errors import UserError
from chatloop.io.mlflow_store.connection import SQLITE, explain, patience, tracking_uri
from chatloop.io.mlflow_store.sending import CANDIDATE, Refused, Teller, run_name
from chatloop.io.mlflow_store.unsent import Journal, begin_journal

FLUSH_SECONDS, LONGEST_PAUSE = 2.0, 15.0
# A server is waited for at the end, but not long; a database that is being made is not left half.
WAIT_SECONDS, WAIT_FOR_A_DATABASE = 10.0, 120.0

log = logging.getLogger("chatloop.tracking")


class TrainingRun:
    """What a training loop reports to. Without a journal every call does nothing."""

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal, self._written = journal, True
        self._sender = _Sender(journal) if journal else None

    @property
    def run_id(self) -> str:
        """MLflow's id, after the first try to begin; empty while MLflow is away."""
        if self._journal is None or self._sender is None:
            return ""
        self._sender.tried.wait()
        return self._journal.run_id

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Values at a step; kept, and sent every two seconds."""
        self._add(step=step, values=dict(values))

    def finish(self, candidate_sha256: str) -> None:
        """Training made this candidate: the link between model and run, by content."""
        name = {"mlflow.runName": run_name(candidate_sha256)}
        self._add(tags={**name, CANDIDATE: candidate_sha256})

    def end(self, status: str) -> None:
        """FINISHED, FAILED or KILLED."""
        self._add(end=status)
        if self._sender is not None:
            self._sender.close()

    def _add(self, **line: Any) -> None:
        if self._journal is None or not self._written or self._journal.closed:
            return
        try:
            self._journal.add(**line)
        except OSError as error:
            log.warning("%s: %s. Training goes on", self._journal.path, error.strerror)
            self._written = False


class _Sender:
    """The thread that tells MLflow; it alone waits for it."""

    def __init__(self, journal: Journal) -> None:
        self.tried = threading.Event()
        self._journal, self._teller = journal, Teller()
        self._closing, self._wake = False, threading.Event()
        self._pause, self._warned = FLUSH_SECONDS, False
        self._thread = threading.Thread(target=self._run, name="mlflow", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """One more try; what is not sent then is sent by the next run."""
        self._closing = True
        self._wake.set()
        local = tracking_uri().startswith(SQLITE)
        self._thread.join(WAIT_FOR_A_DATABASE if local else WAIT_SECONDS)

    def _run(self) -> None:
        going = True
        while going:
            closing = self._closing  # before the last try, not after it
            going = self._tried() and not closing
            self.tried.set()
            if going and not self._closing:
                self._wake.wait(self._pause)
        self._journal.close()

    def _tried(self) -> bool:
        """Send what there is; false when there is nothing more to send to."""
        try:
            done = self._teller.tell(self._journal)
        except Refused as error:
            self._warn(error, "the run is recorded when it is done")
            self._journal.remove()
            return False
        except Exception as error:
            self._teller.forget()
            self._pause = min(LONGEST_PAUSE, 2 * self._pause)
            self._warn(error, f"what MLflow misses is kept in {self._journal.path.parent}")
            return True
        self._pause = FLUSH_SECONDS
        if done:
            self._journal.remove()
        return not done

    def _warn(self, error: Exception, then: str) -> None:
        if not self._warned:
            line = error if isinstance(error, UserError) else explain(error, tracking_uri())
            log.warning("%s. Training goes on; %s", line, then)
        self._warned = True


@contextmanager
def training_run(fingerprint: str, params: Mapping[str, object]) -> Iterator[TrainingRun]:
    """A run of MLflow for the block: FINISHED, or FAILED or KILLED with its exception.

    `fingerprint` is that of everything that goes into the training; `params` may be nested and
    become `train.learning_rate`. Nothing is raised: without MLflow there is one warning line, and
    the run is recorded later.
    """
    with patience(retries=1, seconds=5):
        run = _begin(fingerprint, params)
        try:
            yield run
        except BaseException as error:
            run.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
            raise
        run.end("FINISHED")


def flatten(values: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """{"train": {"epochs": 3}} → {"train.epochs": "3"}; lists as JSON."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            flat[f"{prefix}{key}"] = text
    return flat


def _begin(fingerprint: str, params: Mapping[str, object]) -> TrainingRun:
    try:
        return TrainingRun(begin_journal(fingerprint, flatten(params)))
    except OSError as error:
        log.warning("%s: %s. Training goes on", error.filename, error.strerror)
        return TrainingRun()
