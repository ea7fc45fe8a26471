"""A small project: params, an MLflow registry as MLflow makes it, a store as the server makes it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from chatloop.conversation import Message
from chatloop.feedback.record import Exchange, Feedback, Rating
from chatloop.serve.store.opening import database_url, open_database
from chatloop.serve.store.statements import add_exchange_once, feedback_row
from chatloop.serve.store.tables import FEEDBACK


class Store:
    """Fills a store as the server makes it."""

    def __init__(self, folder: Path) -> None:
        self._engine = open_database(database_url(None, folder))
        self._count = 0

    def served(self, id_: str, caller: str, said: str | None, version: str = "1") -> None:
        turns = said and (
            Message("user", "before"), Message("assistant", "yes"), Message("user", said)
        )  # fmt: skip
        one = Exchange(
            id_, version, "f", caller, "api", 0.0, 1, 1, 0.1, "stop", messages=turns or None
        )
        with self._engine.begin() as connection:
            add_exchange_once(connection, one)

    def rated(self, id_: str, caller: str, rating: Rating | None, created: float) -> None:
        self._count += 1
        name = f"fb-{self._count}"
        one = Feedback(name, id_, rating, None, None, (), caller, "api", created, None)
        with self._engine.begin() as connection:
            connection.execute(insert(FEEDBACK), {**feedback_row(one), "body": "b"})

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture
def store(project: Path) -> Iterator[Store]:
    made = Store(project / "data/store")
    yield made
    made.close()


@pytest.fixture
def project(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(root / name, tmp_path / name)
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
