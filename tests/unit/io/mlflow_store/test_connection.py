import os
from pathlib import Path

import pytest

from chatloop.errors import UnreachableError, UserError
from chatloop.io.mlflow_store.connection import (
    connect,
    environment,
    explain,
    is_empty,
    local_path,
    patience,
    tracking_uri,
)

NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)


def test_the_store_is_in_the_project_unless_the_environment_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tracking_uri() == f"sqlite:///{tmp_path}/mlflow.db"
    assert is_empty()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY_LISTENS)
    assert tracking_uri() == NOBODY_LISTENS
    assert not is_empty()


def test_a_server_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY_LISTENS.replace("//", "//me:secret@"))
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(UnreachableError) as caught, connect():
        pass
    assert str(caught.value).startswith(f"MLflow at {NOBODY_LISTENS} cannot be reached; start it")
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 4


def test_a_file_that_is_no_database_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("nothing that SQLite would know")
    with pytest.raises(UserError, match=r"mlflow.db: is not an SQLite database; move it away"):
        connect().__enter__()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Exception("API request to x failed with timeout exception y"), "cannot be reached"),
        (Exception("API request failed with error code 503 != 200"), "cannot be reached"),
        (Exception("API request failed with error code 403 != 200\nmore"), "error code 403 != 200"),
        (Exception("Detected out-of-date database schema (found …"), "run `mlflow db upgrade"),
        (OSError(28, "No space left on device", "mlartifacts/x"), "x: No space left on device"),
        (Exception(), "Exception"),
    ],
)
def test_what_mlflow_raises_becomes_one_line(error: Exception, line: str) -> None:
    said = str(explain(error, "http://host"))
    assert line in said
    assert "\n" not in said


def test_what_the_user_has_set_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "77")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    with patience(retries=1, seconds=6):
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "77"
        assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "1"
    assert "MLFLOW_HTTP_REQUEST_MAX_RETRIES" not in os.environ


def test_the_environment_is_as_before_after_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "before")
    with pytest.raises(KeyError), environment({"MLFLOW_TRACKING_URI": "within"}):
        raise KeyError
    assert os.environ["MLFLOW_TRACKING_URI"] == "before"


def test_artifacts_on_this_machine_are_known_by_their_uri() -> None:
    assert local_path("file:///a%20folder%231/model") == Path("/a folder#1/model")
    assert local_path("/plain/model") == Path("/plain/model")
    assert local_path("mlflow-artifacts:/1/model") is None
    assert local_path("s3://bucket/model") is None
