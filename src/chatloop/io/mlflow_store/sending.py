"""Telling MLflow what a journal holds, in order, so that telling it again changes nothing.

A run is found by the journal's name before one is made, metrics carry the time at which they were
measured (MLflow keeps equal ones once), tags and params have one value.
"""

import getpass
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chatloop.io.mlflow_store.connection import Store, open_store
from chatloop.io.mlflow_store.unsent import UNSENT, Journal, Line, left_journals

FINGERPRINT, CANDIDATE = "chatloop.fingerprint", "chatloop.candidate_sha256"
JOURNAL = "chatloop.journal"
SYSTEM_SECONDS = 5
METRICS_A_CALL, TEXTS_A_CALL = 1000, 100  # more are refused by MLflow
NEVER = {400, 404, 409}  # HTTP: asking again helps nobody

log = logging.getLogger("chatloop.tracking")


class Refused(Exception):  # noqa: N818
    """MLflow has answered, and the answer is no: the run was deleted, for instance."""


class Teller:
    """Tells one journal after the other; keeps the store open in between."""

    def __init__(self) -> None:
        self._store: Store | None = None
        self._monitor: Any = None

    def tell(self, journal: Journal) -> bool:
        """Everything that is in the journal by now; true when that was its end.

        Raises:
            Refused: MLflow will never take it.
            Exception: MLflow is away.
        """
        if self._store is None:
            self._store = open_store()
            send_left(self._store, UNSENT)
        ended = _send(self._store, journal, self._watch)
        if ended:
            self._watch(None)
        return ended

    def forget(self) -> None:
        """The store has gone; it is opened anew next time."""
        self._watch(None)
        self._store = None

    def _watch(self, run_id: str | None) -> None:
        """Memory, processor and disk of this machine, in the run's system metrics."""
        if self._monitor is not None and (run_id is None or self._monitor._run_id != run_id):
            self._monitor.finish()
            self._monitor = None
        if self._monitor is None and run_id is not None and self._store is not None:
            self._monitor = _system_metrics(self._store, run_id)


def send_left(store: Store, folder: Path) -> None:
    """What others have left. A training that says no end was killed."""
    with left_journals(folder) as journals:
        for journal in journals:
            try:
                if not _send(store, journal, lambda _: None) and journal.run_id:
                    store.client.set_terminated(journal.run_id, "KILLED")
            except Refused as error:
                log.warning("%s: not sent, MLflow says: %s", journal.path, error)
            journal.remove()


def _send(store: Store, journal: Journal, watch: Callable[[str | None], None]) -> bool:
    """Line by line, metrics of several lines in one call; true after the line that ends it."""
    waiting: list[Any] = []
    at, ended = 0, False
    for end, line in journal.unsent():
        if waiting and ("values" not in line or len(waiting) >= METRICS_A_CALL):
            _ask(log_metrics, store.client, journal.run_id, waiting)
            journal.sent(at, journal.run_id)
            waiting = []
        if "begin" in line:
            journal.sent(end, _begun(store, journal.path.stem, line))
        elif "values" in line:
            waiting += metrics(line["step"], line["values"], line["time"])
        else:
            ended = "end" in line
            if ended:
                watch(None)
            _ask(_set, store.client, journal.run_id, line)
            journal.sent(end, journal.run_id)
        at = end
    if waiting:
        _ask(log_metrics, store.client, journal.run_id, waiting)
        journal.sent(at, journal.run_id)
    if not ended:
        watch(journal.run_id)
    return ended


def _begun(store: Store, name: str, line: Line) -> str:
    """The id of the journal's run, which an earlier try may have made."""
    client, begin = store.client, line["begin"]
    same = client.search_runs([store.experiment_id], f"tags.`{JOURNAL}` = '{name}'")
    if same:
        run_id = str(same[0].info.run_id)
    else:
        _end_the_dead(store, begin["fingerprint"])
        said = run_tags(f"training {begin['fingerprint'][:8]}")
        tags = {FINGERPRINT: begin["fingerprint"], JOURNAL: name, **said}
        run = client.create_run(store.experiment_id, start_time=line["time"], tags=tags)
        run_id = str(run.info.run_id)
    _ask(log_texts, client, run_id, "params", begin["params"])
    return run_id


def _end_the_dead(store: Store, fingerprint: str) -> None:
    """A run whose process was killed says RUNNING for ever; the next try ends it."""
    same = f"tags.`{FINGERPRINT}` = '{fingerprint}' and attributes.status = 'RUNNING'"
    for run in store.client.search_runs([store.experiment_id], same):
        store.client.set_terminated(run.info.run_id, "KILLED")


def _set(client: Any, run_id: str, line: Line) -> None:
    for tag, value in line.get("tags", {}).items():
        client.set_tag(run_id, tag, value)
    if "end" in line:
        client.set_terminated(run_id, line["end"], end_time=line["time"])


def _ask(question: Callable[..., None], *arguments: Any) -> None:
    from mlflow.exceptions import MlflowException

    try:
        question(*arguments)
    except MlflowException as error:
        if error.get_http_status_code() in NEVER:
            raise Refused(str(error).splitlines()[0]) from error
        raise


def _system_metrics(store: Store, run_id: str) -> Any:
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    monitor = SystemMetricsMonitor(
        run_id, SYSTEM_SECONDS, resume_logging=True, tracking_uri=store.uri
    )
    monitor.start()
    return monitor


def metrics(step: int, values: Mapping[str, float], at: int | None = None) -> list[Any]:
    """MLflow's entities for values at a step, with their time in milliseconds, or that of now."""
    from mlflow.entities import Metric

    now = time.time_ns() // 1_000_000 if at is None else at
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
