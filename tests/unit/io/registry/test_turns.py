from pathlib import Path

import pytest

from chatloop.errors import UnreachableError
from chatloop.io.registry import turns
from chatloop.io.registry.turns import PLACES, in_turn, lock_file


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go; the working folder is another."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setattr(turns.tempfile, "tempdir", str(tmp_path))
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_lock_of_a_projects_own_registry_is_beside_its_database(elsewhere: Path) -> None:
    with in_turn("chatloop"):
        assert Path("mlflow.db.lock").is_file()
        assert lock_file("sqlite:///mlflow.db") == elsewhere / "project/mlflow.db.lock"
    assert not list(elsewhere.glob("*.lock"))


def test_of_servers_there_are_few_locks_however_many_there_were(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {lock_file(f"http://127.0.0.1:{port}") for port in range(1000, 1500)}
    assert len(places) == PLACES
    assert all(place.parent == elsewhere for place in places)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1000")
    with in_turn("chatloop"), pytest.raises(UnreachableError, match="another registration"):  # noqa: SIM117
        with in_turn("chatloop", seconds=0.0):
            pytest.fail("two at once")
