"""All versions of a model, newest first, and what one came from.

Entry(number=4, aliases=("champion",), verdict="PROMOTE", facts={"bits_per_byte": {…}}, made=1.7e9)
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import read_json, read_yaml
from chatloop.io.mlflow_store.connection import connect, is_empty
from chatloop.io.registry import versions
from chatloop.io.registry.content.origin import ORIGIN
from chatloop.io.registry.moving import BACK, MOVED
from chatloop.io.registry.versions import MODEL, Version


@dataclass(frozen=True)
class Entry:
    """A row of the table of versions; `made` is when it was registered, in seconds since 1970."""

    number: int
    aliases: tuple[str, ...]
    verdict: str
    facts: Mapping[str, Any]
    candidate_sha256: str
    made: float


def entries(name: str) -> list[Entry]:
    """Every version that chatloop registered under this name; none is an empty list.

    Raises:
        UnreachableError: the registry does not answer.
    """
    if is_empty():
        return []
    with connect() as store:
        named = versions.aliases(store, name)
        found = store.client.search_model_versions(f"name = '{name}'")
        return sorted(
            (_entry(one, named) for one in found if "candidate_sha256" in one.tags),
            key=lambda entry: -entry.number,
        )


def lineage(name: str, which: str | int) -> dict[str, Any]:
    """What a version came from: data, code, params, base, parent, verdict, and who moved it.

    Raises:
        UserError: there is no such version.
        UnreachableError: the registry does not answer.
    """
    if is_empty():
        raise UserError(f"{name} has no versions yet; `chatloop run` trains and registers one")
    with connect() as store:
        version = _which(store, name, which)
        place = versions.place_of(store, version).removesuffix(f"/{MODEL}")
        with versions.fetched(store, place) as stored:
            sources = stored / ORIGIN / "pins/sources.json"
            params = stored / ORIGIN / "params.yaml"
            kept = {
                "sources": read_json(sources).get("files", []) if sources.is_file() else [],
                "params": (read_yaml(params) or {}) if params.is_file() else {},
            }
    return _lineage(version, kept)


def measured(name: str, which: str | int) -> dict[str, Any]:
    """The lineage of a version with the `metrics` of its run; none where the run was deleted.

    Raises:
        UserError: there is no such version.
        UnreachableError: the registry does not answer.
    """
    found = lineage(name, which)
    with connect() as store:
        runs = store.client.search_runs(
            [store.experiment_id], f"attributes.run_id = '{found['run_id']}'"
        )
        return found | {"metrics": {k: v for run in runs for k, v in run.data.metrics.items()}}


def fetch_origin(name: str, number: int, folder: Path) -> None:
    """The settings and pins of a version, as they were, into a folder.

    Raises:
        UserError: there is no such version, or it kept none.
        UnreachableError: the registry does not answer.
    """
    with connect() as store:
        version = versions.get(store, name, number)
        place = versions.place_of(store, version).removesuffix(f"/{MODEL}")
        with versions.fetched(store, place) as stored:
            if not (stored / ORIGIN).is_dir():
                raise UserError(f"{version} kept no settings; it cannot be made again from them")
            shutil.copytree(stored / ORIGIN, folder, dirs_exist_ok=True)


def _which(store: Any, name: str, which: str | int) -> Version:
    number = which if isinstance(which, int) else versions.aliases(store, name).get(which)
    if number is None:
        raise UserError(f"{name} has no {which} version")
    return versions.get(store, name, number)


def _entry(found: Any, named: Mapping[str, int]) -> Entry:
    number = int(found.version)
    return Entry(
        number,
        tuple(sorted(alias for alias, at in named.items() if at == number)),
        found.tags.get("verdict", "none"),
        json.loads(found.tags.get("facts", "{}")),
        found.tags["candidate_sha256"],
        found.creation_timestamp / 1000,
    )


def _lineage(version: Version, kept: Mapping[str, Any]) -> dict[str, Any]:
    tags = version.tags
    moves = [key for key in (MOVED, BACK) if key in tags]
    return {
        "version": version.number,
        "model": version.name,
        "candidate_sha256": version.candidate_sha256,
        "files": dict(version.files),
        "run_id": version.run_id,
        "code": {
            "git_commit": tags.get("git_commit", "none"),
            "changed": json.loads(tags.get("git_changed", "[]")),
        },
        "data": {"sources": kept["sources"], "outs": json.loads(tags.get("dvc_outs", "{}"))},
        "facts": json.loads(tags.get("facts", "{}")),
        "params": kept["params"],
        "template_sha256": tags.get("template_sha256", "none"),
        "judged_against": version.judged_against.get("version"),
        "verdict": tags.get("verdict", "none"),
        "reasons": json.loads(tags.get("reasons", "[]")),
        **{key: json.loads(tags[key]) for key in moves},
    }
