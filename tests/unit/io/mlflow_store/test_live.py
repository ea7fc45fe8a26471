import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatloop.io.mlflow_store.connection import connect
from chatloop.io.mlflow_store.live import flatten
from chatloop.io.tracking import training_run

FINGERPRINT, CANDIDATE = "f" * 64, "c" * 64


@pytest.fixture(scope="module", autouse=True)
def a_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        monkeypatch.chdir(tmp_path_factory.mktemp("project"))
        yield


def run_of(run_id: str) -> Any:
    with connect() as store:
        return store.client.get_run(run_id)


def test_a_training_is_a_run_with_its_curve_and_the_candidate_it_made() -> None:
    with training_run(FINGERPRINT, {"train": {"epochs": 3, "device": "auto"}}) as run:
        for step in range(1, 1200):
            run.log(step, {"loss": 1.0 / step, "learning_rate": 0.5})
        assert run_of(run.run_id).info.status == "RUNNING"
        run.finish(CANDIDATE)
    done = run_of(run.run_id)
    assert done.info.status == "FINISHED"
    assert done.info.run_name == "candidate cccccccc"
    assert done.data.tags["chatloop.fingerprint"] == FINGERPRINT
    assert done.data.tags["chatloop.candidate_sha256"] == CANDIDATE
    assert done.data.params == {"train.epochs": "3", "train.device": "auto"}
    with connect() as store:
        history = store.client.get_metric_history(run.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(s, 1.0 / s) for s in range(1, 1200)]


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError("loss is nan"), "FAILED"), (KeyboardInterrupt(), "KILLED")]
)
def test_a_training_that_ends_badly_says_so_and_is_no_run_of_a_candidate(
    error: BaseException, status: str
) -> None:
    with pytest.raises(type(error)), training_run(FINGERPRINT, {}) as run:
        run.log(1, {"loss": 7.5})
        raise error
    ended = run_of(run.run_id)
    assert ended.info.status == status
    assert ended.data.metrics == {"loss": 7.5}
    assert "chatloop.candidate_sha256" not in ended.data.tags


def test_a_run_whose_process_was_killed_is_ended_by_the_next() -> None:
    killed = training_run(FINGERPRINT, {})
    left = killed.__enter__()
    with training_run(FINGERPRINT, {}):
        assert run_of(left.run_id).info.status == "KILLED"
    killed.__exit__(None, None, None)


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def test_without_mlflow_training_goes_on_with_one_warning(
    no_server: None, caplog: pytest.LogCaptureFixture
) -> None:
    with training_run(FINGERPRINT, {"train": {"epochs": 3}}) as run:
        run.log(1, {"loss": 7.5})
        run.finish(CANDIDATE)
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.name for record in warnings] == ["chatloop.tracking"]
    assert "cannot be reached" in warnings[0].getMessage()
    assert run.run_id == ""


def test_a_store_that_is_lost_on_the_way_does_not_stop_the_training(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with training_run(FINGERPRINT, {}) as run:
        with connect() as store:
            store.client.delete_run(run.run_id)
        run.log(1, {"loss": 7.5})
        run.finish(CANDIDATE)
    own = [record for record in caplog.records if record.name == "chatloop.tracking"]
    assert len(own) == 1
    assert "Training goes on" in own[0].getMessage()


def test_the_errors_of_training_are_its_own() -> None:
    with pytest.raises(OSError, match="disk"), training_run(FINGERPRINT, {}):
        raise OSError(28, "disk full")


def test_nested_params_are_flat_and_lists_are_json() -> None:
    nested = {"a": {"b": {"c": 1.0e-3}}, "d": ["x", 1], "e": None, "f": True, "g": "text"}
    assert flatten(nested) == {
        "a.b.c": "0.001", "d": '["x", 1]', "e": "null", "f": "true", "g": "text",
    }  # fmt: skip
    assert flatten({"t": ("x",)}) == {"t": '["x"]'}


def test_nothing_is_left_in_the_working_folder_but_the_store() -> None:
    assert {path.name for path in Path().iterdir()} <= {"mlflow.db", "mlartifacts"}
