"""A quick look at the registry: which version has which alias, without MLflow's two seconds.

glance("chatloop")  →  (Held("champion", 3, "PROMOTE", 1795376830.9), Held("candidate", 4, …))

The registry in the project is an SQLite file, read as it is. Any other registry is asked by MLflow.
A test holds the two ways against each other, so that another schema is noticed.
"""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

ALIASES = ("champion", "previous", "candidate")
DATABASE = Path("mlflow.db")
HELD = """
SELECT a.alias, a.version, v.creation_time / 1000.0,
       (SELECT t.value FROM model_version_tags t
        WHERE t.name = a.name AND t.version = a.version AND t.key = 'verdict')
FROM registered_model_aliases a
JOIN model_versions v ON v.name = a.name AND v.version = a.version
WHERE a.name = ?
"""


@dataclass(frozen=True)
class Held:
    """An alias and the version that has it; `made` in seconds since 1970."""

    alias: str
    version: int
    verdict: str
    made: float


def glance(name: str) -> tuple[Held, ...]:
    """Who has the aliases of a model, the champion first; empty where nothing is registered yet.

    Raises:
        UnreachableError: a registry elsewhere does not answer.
        UserError: the registry is of another MLflow, or broken.
    """
    elsewhere = os.environ.get("MLFLOW_TRACKING_URI") or os.environ.get("MLFLOW_REGISTRY_URI")
    found = _ask(name) if elsewhere else _read(name)
    known = [held for held in found if held.alias in ALIASES]
    return tuple(sorted(known, key=lambda held: ALIASES.index(held.alias)))


def _read(name: str) -> list[Held]:
    if not DATABASE.exists():
        return []
    try:
        uri = f"{DATABASE.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=2.0)) as database:
            rows = database.execute(HELD, (name,)).fetchall()
    except sqlite3.Error:
        return _ask(name)  # who knows the file better says what is wrong with it
    return [Held(alias, int(version), said or "none", made) for alias, version, made, said in rows]


def _ask(name: str) -> list[Held]:
    from chatloop.io.registry.listing import entries

    return [
        Held(alias, entry.number, entry.verdict, entry.made)
        for entry in entries(name)
        for alias in entry.aliases
    ]
