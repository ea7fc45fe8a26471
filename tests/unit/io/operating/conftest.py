"""A small project: params, an MLflow registry as MLflow makes it, a store as the server makes it."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

STORE = """
CREATE TABLE exchanges (number INTEGER PRIMARY KEY, id VARCHAR UNIQUE, version VARCHAR,
  caller VARCHAR, created FLOAT, messages JSON);
CREATE TABLE feedback (number INTEGER PRIMARY KEY, exchange_id VARCHAR, rating VARCHAR,
  caller VARCHAR, created FLOAT);
"""


class Store:
    """Fills a database that has the columns which the monitor asks for."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._database = sqlite3.connect(path)
        self._database.executescript(STORE)

    def served(self, id_: str, caller: str, said: str | None, version: str = "1") -> None:
        turns = said and json.dumps(
            [{"role": "user", "content": "before"}, {"role": "assistant", "content": "yes"},
             {"role": "user", "content": said}]
        )  # fmt: skip
        row = (None, id_, version, caller, 0.0, turns)
        self._database.execute("INSERT INTO exchanges VALUES (?, ?, ?, ?, ?, ?)", row)
        self._database.commit()

    def rated(self, id_: str, caller: str, rating: str | None, created: float) -> None:
        row = (None, id_, rating, caller, created)
        self._database.execute("INSERT INTO feedback VALUES (?, ?, ?, ?, ?)", row)
        self._database.commit()


@pytest.fixture
def store(project: Path) -> Store:
    return Store(project / "data/store/chatloop.db")


@pytest.fixture
def project(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(root / name, tmp_path / name)
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
