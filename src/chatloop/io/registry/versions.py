"""A registered version as the registry keeps it: tags that say its content, files somewhere.

get(store, "chatloop", 3)  →  Version("chatloop", 3, "1f0c…", {"config.json": "9a…", …}, …)
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.mlflow_store.connection import Store, local_path

CHAMPION, PREVIOUS, CANDIDATE = "champion", "previous", "candidate"
MODEL = "model"  # the folder within a version that holds the candidate's files as they are
NOBODY: dict[str, Any] = {"version": None}


@dataclass(frozen=True)
class Version:
    """A registered version; `files` is path to sha256, `judged_against` the pin of its verdict."""

    name: str
    number: int
    candidate_sha256: str
    files: Mapping[str, str]
    judged_against: Mapping[str, Any]
    run_id: str
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.name} version {self.number}"

    @property
    def pin(self) -> dict[str, Any]:
        """What pins/champion.json says when this version is the one to beat."""
        content = {"candidate_sha256": self.candidate_sha256, "files": dict(self.files)}
        return {"version": self.number, **content}


def aliases(store: Store, name: str) -> dict[str, int]:
    """Alias to version; empty where the model is not registered yet."""
    found = store.client.search_registered_models(f"name = '{name}'")
    return {alias: int(number) for model in found for alias, number in model.aliases.items()}


def find(store: Store, name: str, candidate_sha256: str) -> Version | None:
    """The oldest version with this content."""
    same = f"name = '{name}' and tags.candidate_sha256 = '{candidate_sha256}'"
    numbers = [int(found.version) for found in store.client.search_model_versions(same)]
    return get(store, name, min(numbers)) if numbers else None


def get(store: Store, name: str, number: int) -> Version:
    """A version by its number.

    Raises:
        UserError: there is none, or chatloop did not register it.
    """
    from mlflow.exceptions import MlflowException

    try:
        found = store.client.get_model_version(name, str(number))
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise UserError(f"{name} has no version {number} in the registry") from error
    tags = found.tags
    if not {"candidate_sha256", "files", "judged_against"} <= set(tags):
        raise UserError(f"{name} version {number} was not registered by chatloop; move its alias")
    files, judged = json.loads(tags["files"]), json.loads(tags["judged_against"])
    run_id = found.run_id or ""
    return Version(name, number, tags["candidate_sha256"], files, judged, run_id, dict(tags))


def place_of(store: Store, version: Version) -> str:
    """URI of the folder that holds the candidate's files."""
    uri = store.client.get_model_version_download_uri(version.name, str(version.number))
    return f"{uri.rstrip('/')}/{MODEL}"


@contextmanager
def fetched(store: Store, uri: str) -> Iterator[Path]:
    """A folder of the artifact store: the store's own where it is here, else a copy for a while."""
    here = local_path(uri)
    if here is not None:
        yield here
        return
    from mlflow.artifacts import download_artifacts

    with tempfile.TemporaryDirectory() as aside:
        yield Path(download_artifacts(uri, dst_path=aside, tracking_uri=store.uri))


def damaged(version: Version, file: str, what: str) -> UserError:
    """What is wrong with a file of a version, and the ways out."""
    return UserError(
        f"{version}: {file} {what}; put it back, register that candidate again, "
        "or make another version the champion"
    )
