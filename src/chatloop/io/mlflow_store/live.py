"""A training run, shown in MLflow while it happens; training never waits for it and needs it not.

with training_run(fingerprint, {"train": {"epochs": 3}}) as run:
    run.log(step=1, values={"loss": 7.62, "learning_rate": 1.0e-4})
    run.finish(candidate_sha256)
"""

import getpass
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from chatloop.errors import UserError
from chatloop.io.mlflow_store.connection import (
    Store,
    explain,
    open_store,
    patience,
    tracking_uri,
)

FINGERPRINT, CANDIDATE = "chatloop.fingerprint", "chatloop.candidate_sha256"
FLUSH_SECONDS, SYSTEM_SECONDS = 2.0, 5
METRICS_A_CALL, TEXTS_A_CALL = 1000, 100  # more are refused by MLflow

log = logging.getLogger("chatloop.tracking")


class TrainingRun:
    """What a training loop reports to. Without a store every call does nothing."""

    def __init__(self, store: Store | None = None, run_id: str = "") -> None:
        self.run_id = run_id
        self._store = store
        self._waiting: list[Any] = []
        self._flushed = time.monotonic()
        self._monitor = _system_metrics(store, run_id) if store else None

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Values at a step; kept, and sent on every two seconds."""
        if self._store is None:
            return
        self._waiting += metrics(step, values)
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self._flush()

    def finish(self, candidate_sha256: str) -> None:
        """Training made this candidate: the link between model and run, by content."""
        self._flush()
        self._set("mlflow.runName", run_name(candidate_sha256))
        self._set(CANDIDATE, candidate_sha256)

    def end(self, status: str) -> None:
        """FINISHED, FAILED or KILLED."""
        self._flush()
        if self._monitor is not None:
            self._monitor.finish()
        self._try(lambda client: client.set_terminated(self.run_id, status))

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._try(lambda client: log_metrics(client, self.run_id, waiting))
        self._flushed = time.monotonic()

    def _set(self, tag: str, value: str) -> None:
        self._try(lambda client: client.set_tag(self.run_id, tag, value))

    def _try(self, ask: Callable[[Any], None]) -> None:
        """Ask MLflow; the first failure is said, and nothing is asked after it."""
        if self._store is None:
            return
        try:
            ask(self._store.client)
        except Exception as error:
            _go_on_without(error, self._store.uri)
            self._store = None


@contextmanager
def training_run(fingerprint: str, params: Mapping[str, object]) -> Iterator[TrainingRun]:
    """A run of MLflow for the block: FINISHED, or FAILED or KILLED with its exception.

    `fingerprint` is that of everything that goes into the training; `params` may be nested and
    become `train.learning_rate`. Nothing is raised: without MLflow there is one warning line, and
    the run is recorded later from the files.
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


def metrics(step: int, values: Mapping[str, float]) -> list[Any]:
    """MLflow's entities for values at a step, with the time of now."""
    from mlflow.entities import Metric

    now = time.time_ns() // 1_000_000
    return [Metric(key, float(value), now, step) for key, value in values.items()]


def log_metrics(client: Any, run_id: str, entities: Sequence[Any]) -> None:
    """Metrics in calls of a size that MLflow takes."""
    for first in range(0, len(entities), METRICS_A_CALL):
        client.log_batch(run_id, metrics=entities[first : first + METRICS_A_CALL])


def log_texts(client: Any, run_id: str, kind: str, texts: Mapping[str, str]) -> None:
    """Texts by name, as `params` or as `tags`, in calls of a size that MLflow takes."""
    from mlflow.entities import Param, RunTag

    make = {"params": Param, "tags": RunTag}[kind]
    entities = [make(key, value) for key, value in texts.items()]
    for first in range(0, len(entities), TEXTS_A_CALL):
        client.log_batch(run_id, **{kind: entities[first : first + TEXTS_A_CALL]})


def run_tags(name: str) -> dict[str, str]:
    """Tags that MLflow's pages show in columns of their own."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "unknown"
    source = {"mlflow.source.name": "chatloop", "mlflow.source.type": "PROJECT"}
    return {"mlflow.runName": name, "mlflow.user": user, **source}


def run_name(candidate_sha256: str) -> str:
    """`candidate 1f0c9a52`."""
    return f"candidate {candidate_sha256[:8]}"


def _begin(fingerprint: str, params: Mapping[str, object]) -> TrainingRun:
    try:
        store = open_store()
        _end_the_dead(store, fingerprint)
        tags = {FINGERPRINT: fingerprint, **run_tags(f"training {fingerprint[:8]}")}
        run_id = store.client.create_run(store.experiment_id, tags=tags).info.run_id
        log_texts(store.client, run_id, "params", flatten(params))
        return TrainingRun(store, run_id)
    except Exception as error:
        _go_on_without(error, tracking_uri())
        return TrainingRun()


def _end_the_dead(store: Store, fingerprint: str) -> None:
    """A run whose process was killed says RUNNING for ever; the next try ends it."""
    same = f"tags.`{FINGERPRINT}` = '{fingerprint}' and attributes.status = 'RUNNING'"
    for run in store.client.search_runs([store.experiment_id], same):
        store.client.set_terminated(run.info.run_id, "KILLED")


def _system_metrics(store: Store, run_id: str) -> Any:
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    monitor = SystemMetricsMonitor(run_id, SYSTEM_SECONDS, tracking_uri=store.uri)
    monitor.start()
    return monitor


def _go_on_without(error: Exception, uri: str) -> None:
    line = error if isinstance(error, UserError) else explain(error, uri)
    log.warning("%s. Training goes on; the run is recorded when it is done", line)
