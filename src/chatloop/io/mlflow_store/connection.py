"""The way to MLflow: where the store is, how long to wait for it, what to say when it is away.

    with connect() as store:
        store.client.search_runs([store.experiment_id])

Without MLFLOW_TRACKING_URI the store is `mlflow.db` in the project, its artifacts in `mlartifacts`.
"""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from chatloop.errors import UnreachableError, UserError

EXPERIMENT = "chatloop"
DATABASE, ARTIFACTS = Path("mlflow.db"), "mlartifacts"
SQLITE = "sqlite:///"
RETRIES, SECONDS = "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"
# What MLflow writes when no answer came, or only one from a proxy before a server that is down.
NO_ANSWER = re.compile(r"failed with (timeout )?exception|error code 50[234]\b|Invalid url")
LOUD = {
    "mlflow": logging.WARNING,
    "mlflow.store.db": logging.CRITICAL,  # each of these comes again as an exception,
    "mlflow.system_metrics": logging.CRITICAL,  # and that is said in one line
    "urllib3.connectionpool": logging.ERROR,
    "alembic": logging.WARNING,
}


@dataclass(frozen=True)
class Store:
    """An open store: MLflow's client, the experiment of this project, and where it is."""

    client: Any
    experiment_id: str
    uri: str


def tracking_uri() -> str:
    """MLFLOW_TRACKING_URI, else the database in the project, which is the working folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}{DATABASE.resolve()}"


def registry_uri() -> str:
    """MLFLOW_REGISTRY_URI, else where the runs are."""
    return os.environ.get("MLFLOW_REGISTRY_URI") or tracking_uri()


def is_empty() -> bool:
    """True where no store was ever made, known without the cost of making one."""
    named = os.environ.get("MLFLOW_TRACKING_URI") or os.environ.get("MLFLOW_REGISTRY_URI")
    return not named and not DATABASE.exists()


@contextmanager
def connect() -> Iterator[Store]:
    """An open store; what MLflow raises inside the block becomes one line.

    Raises:
        UnreachableError: no answer.
        UserError: the store answers that it cannot.
    """
    store = open_store()
    with explained(store.uri), patience(retries=3, seconds=120), everywhere(store):
        yield store


def open_store() -> Store:
    """A store that has answered; that it does not is known within 20 seconds. Raises as above."""
    uri = tracking_uri()
    _check_database(uri)
    mlflow = quiet_mlflow()
    with explained(uri), patience(retries=1, seconds=6):
        client = mlflow.MlflowClient(uri, registry_uri())
        return Store(client, _experiment(client, uri), uri)


@contextmanager
def everywhere(store: Store) -> Iterator[None]:
    """Parts of MLflow ask the environment for the store, not the client that they belong to.

    What they make up without it is another place where the project's path has a space or a `#`.
    """
    with environment({"MLFLOW_TRACKING_URI": store.uri}):
        yield


@contextmanager
def explained(uri: str) -> Iterator[None]:
    """What MLflow, its database or the network raise, as one line."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError, ImportError) as error:
        raise explain(error, uri) from error


def quiet_mlflow() -> Any:
    """The module, without its news: migrations, progress bars, where to click."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    import mlflow

    if "MLFLOW_LOGGING_LEVEL" not in os.environ:
        for name, level in LOUD.items():
            logging.getLogger(name).setLevel(level)
    return mlflow


@contextmanager
def patience(retries: int, seconds: int) -> Iterator[None]:
    """How often and how long a server is waited for; what the user has set stays."""
    wanted = {RETRIES: str(retries), SECONDS: str(seconds)}
    with environment({k: v for k, v in wanted.items() if k not in os.environ}):
        yield


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Environment variables that are as before once the block ends."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def explain(error: Exception, uri: str) -> UserError:
    """One line for what MLflow raised, and what to do."""
    shown = re.sub(r"//[^/@]*@", "//", uri)
    lines = str(error).strip().splitlines() or [type(error).__name__]
    if isinstance(error, OSError) and error.filename:
        return UserError(f"{error.filename}: {error.strerror}")
    if _no_answer(error):
        return UnreachableError(
            f"MLflow at {shown} cannot be reached; start it, or unset MLFLOW_TRACKING_URI to keep "
            f"the runs in {DATABASE}"
        )
    if "out-of-date database schema" in lines[0]:
        return UserError(f"{shown} was made by another MLflow; run `mlflow db upgrade {shown}`")
    return UserError(f"MLflow at {shown}: {re.sub(r'//[^/@ ]*@', '//', lines[0])}")


def local_path(uri: str) -> Path | None:
    """The folder of an artifact URI; None where it is not on this machine."""
    parts = urlsplit(uri)
    if parts.scheme == "":
        return Path(uri)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _no_answer(error: Exception) -> bool:
    from requests.exceptions import HTTPError, RequestException

    if isinstance(error, RequestException):
        return not isinstance(error, HTTPError)
    return NO_ANSWER.search(str(error)) is not None


def _check_database(uri: str) -> None:
    """MLflow would try a file that is no database ten times, for two minutes."""
    path = Path(uri.removeprefix(SQLITE))
    if uri.startswith(SQLITE) and path.is_file():
        with path.open("rb") as file:
            if file.read(16) not in {b"", b"SQLite format 3\0"}:
                raise UserError(f"{path}: is not an SQLite database; move it away")


def _experiment(client: Any, uri: str) -> str:
    """The id of the project's experiment, made where it is missing, restored where deleted."""
    place = None
    if uri.startswith(SQLITE):
        place = Path(uri.removeprefix(SQLITE)).resolve().parent / ARTIFACTS
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        return _new_experiment(client, None if place is None else place.as_uri())
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    kept = local_path(found.artifact_location)
    if place and kept and kept != place and not kept.exists():
        raise UserError(
            f"{uri.removeprefix(SQLITE)} keeps its artifacts in {kept}, which is gone; move the "
            f"project back, or move {DATABASE} and {ARTIFACTS} away to begin anew"
        )
    return str(found.experiment_id)


def _new_experiment(client: Any, place: str | None) -> str:
    """Its id, also where another process made it a moment before."""
    from mlflow.exceptions import MlflowException

    try:
        return str(client.create_experiment(EXPERIMENT, place))
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return str(client.get_experiment_by_name(EXPERIMENT).experiment_id)
