"""One run of MLflow for the candidate, with all that the pipeline's files say about it.

    run_id = record(Path("."))

The run is found by the candidate's content, so a stage restored from DVC's cache, a database that
was deleted or a server that was away never lose the link between model and run.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import digests, fingerprint, read_yaml, sha256
from chatloop.io.mlflow_store import evidence, figures
from chatloop.io.mlflow_store.connection import Store, connect
from chatloop.io.mlflow_store.live import flatten
from chatloop.io.mlflow_store.sending import (
    CANDIDATE,
    log_metrics,
    log_texts,
    metrics,
    run_name,
    run_tags,
    send_left,
)
from chatloop.io.mlflow_store.unsent import UNSENT

RECORDED, RESTORED = "chatloop.recorded", "chatloop.restored"
CANDIDATE_FOLDER, REPORTS = Path("models/candidate"), Path("reports")
PARAMS, DVC_YAML, DVC_LOCK = Path("params.yaml"), Path("dvc.yaml"), Path("dvc.lock")
CURVE, VERDICT, DOCS = REPORTS / "curve.csv", REPORTS / "verdict.json", "data_docs"
TABLES = ("slices",)
ATTEMPTS, ADDED_BY_ANOTHER = 3, re.compile(r"unique constraint|duplicate", re.IGNORECASE)


def record(root: Path) -> str:
    """The run's id; what is there already is not logged again.

    Files that are missing are left out: a run of half a pipeline is still a run.

    Raises:
        UserError: there is no candidate.
        UnreachableError: MLflow does not answer.
    """
    files = digests(root / CANDIDATE_FOLDER)
    if not files:
        raise UserError(f"{root / CANDIDATE_FOLDER}: is missing; run the pipeline up to train")
    candidate = fingerprint(files)
    content = fingerprint([candidate, _content(root)])
    params = flatten(read_yaml(root / PARAMS) or {}) if (root / PARAMS).exists() else {}
    with connect() as store:
        send_left(store, root / UNSENT)
        runs = _runs(store, candidate)
        done = [run for run in runs if run.data.tags.get(RECORDED) == content]
        fitting = done or [run for run in runs if _agree(run.data.params, params)]
        run_id = str(fitting[0].info.run_id) if fitting else _restore(store, root, candidate)
        if not done:
            _log(store.client, run_id, root, params)
            store.client.set_tag(run_id, RECORDED, content)
    return run_id


def _content(root: Path) -> dict[str, object]:
    """Digests of all that is logged."""
    settings = [path for path in (PARAMS, DVC_YAML, DVC_LOCK) if (root / path).exists()]
    return {"reports": digests(root / REPORTS)} | {str(p): sha256(root / p) for p in settings}


def _runs(store: Store, candidate: str) -> list[Any]:
    """Finished runs that made this very candidate, the newest first."""
    same = f"tags.`{CANDIDATE}` = '{candidate}' and attributes.status = 'FINISHED'"
    newest = ["attributes.start_time DESC"]
    return list(store.client.search_runs([store.experiment_id], same, order_by=newest))


def _agree(logged: Mapping[str, str], params: Mapping[str, str]) -> bool:
    """A param of a run cannot be changed: with other params it is another run."""
    return all(logged.get(key, value) == value for key, value in params.items())


def _restore(store: Store, root: Path, candidate: str) -> str:
    """A run made from the files, its curve included."""
    client = store.client
    tags = {CANDIDATE: candidate, RESTORED: "true", **run_tags(run_name(candidate))}
    run_id = str(client.create_run(store.experiment_id, tags=tags).info.run_id)
    points = evidence.curve_points(root / CURVE)
    log_metrics(client, run_id, [m for step, values in points for m in metrics(step, values)])
    client.set_terminated(run_id)
    return run_id


def _log(client: Any, run_id: str, root: Path, params: Mapping[str, str]) -> None:
    known = client.get_run(run_id).data
    new = {key: value for key, value in params.items() if key not in known.params}
    log_texts(client, run_id, "params", new)
    numbers = evidence.report_metrics(root / REPORTS)
    changed = {key: value for key, value in numbers.items() if _is_news(key, value, known.metrics)}
    log_metrics(client, run_id, metrics(0, changed))
    outs = evidence.dvc_outs(root / DVC_LOCK)
    _log_inputs(client, run_id, evidence.datasets(root, outs))
    tags = evidence.verdict_tags(root / VERDICT) | evidence.dvc_tags(outs)
    log_texts(client, run_id, "tags", evidence.git_tags(root) | tags)
    _log_artifacts(client, run_id, root)
    _log_tables(client, run_id, root, known.tags.get("mlflow.loggedArtifacts", ""))
    for name, figure in figures.of_reports(root / REPORTS):
        client.log_figure(run_id, figure, f"figures/{name}.png")


def _log_inputs(client: Any, run_id: str, datasets: list[Any]) -> None:
    """MLflow looks for a data set before it adds one: of two processes at once one fails, and finds
    it the next time."""
    from mlflow.exceptions import MlflowException

    for left in reversed(range(ATTEMPTS)):
        try:
            client.log_inputs(run_id, datasets)
        except MlflowException as error:
            if not left or not ADDED_BY_ANOTHER.search(str(error)):
                raise
        else:
            break


def _is_news(key: str, value: float, logged: Mapping[str, float]) -> bool:
    """Not what the run has; nor a zero in a breakdown (`redacted.iban`), where most are."""
    return logged.get(key, 0.0 if "." in key else None) != value


def _log_artifacts(client: Any, run_id: str, root: Path) -> None:
    """The settings at the top, reports in `reports`, Data Docs in `data_docs`."""
    for path in (PARAMS, DVC_YAML, DVC_LOCK):
        if (root / path).exists():
            client.log_artifact(run_id, str(root / path))
    entries = sorted((root / REPORTS).iterdir()) if (root / REPORTS).is_dir() else []
    for entry in entries:
        if entry.is_file() and not entry.name.startswith("."):
            client.log_artifact(run_id, str(entry), REPORTS.name)
        elif entry.is_dir():
            place = DOCS if entry.name == DOCS else f"{REPORTS.name}/{entry.name}"
            client.log_artifacts(run_id, str(entry), place)


def _log_tables(client: Any, run_id: str, root: Path, logged: str) -> None:
    """Tables that MLflow compares between runs; one that is there already is replaced."""
    for name in TABLES:
        columns = evidence.columns(root / REPORTS / f"{name}.csv")
        target = f"tables/{name}.json"
        if columns and target in logged:
            rows = [list(row) for row in zip(*columns.values(), strict=True)]
            client.log_dict(run_id, {"columns": list(columns), "data": rows}, target)
        elif columns:
            client.log_table(run_id, columns, target)
