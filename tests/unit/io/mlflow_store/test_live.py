import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatloop.io.mlflow_store import unsent
from chatloop.io.mlflow_store.connection import connect
from chatloop.io.mlflow_store.live import flatten
from chatloop.io.mlflow_store.sending import send_left
from chatloop.io.mlflow_store.unsent import UNSENT, Journal
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
    assert run_of(left.run_id).info.status == "RUNNING"
    with training_run(FINGERPRINT, {}) as now:
        assert now.run_id
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
    (left,) = UNSENT.glob("*.jsonl")
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.name for record in warnings] == ["chatloop.tracking"]
    assert "cannot be reached" in warnings[0].getMessage()
    assert run.run_id == ""
    with pytest.MonkeyPatch.context() as back:
        back.delenv("MLFLOW_TRACKING_URI")
        with connect() as store:
            send_left(store, UNSENT)
            (sent,) = store.client.search_runs(
                [store.experiment_id], f"tags.`chatloop.journal` = '{left.stem}'"
            )
    assert not left.exists()
    assert sent.data.metrics == {"loss": 7.5}
    assert sent.data.tags["chatloop.candidate_sha256"] == CANDIDATE
    assert sent.info.status == "FINISHED"


def test_what_a_killed_process_left_is_sent_once_and_ends_as_killed() -> None:
    journal = Journal(UNSENT / "cafe-1.jsonl")
    journal.add(begin={"fingerprint": "cafe", "params": {"a": "1"}})
    for step in range(1, 4):
        journal.add(step=step, values={"loss": 1.0 / step})
    journal.close()
    with connect() as store:
        for cut in (0, 1, 2, 3, 4):  # as if it had been ended after so many lines were known
            again = Journal(journal.path)
            ends = [end for end, _ in again.unsent()]
            again.sent(ends[cut - 1] if cut else 0, again.run_id)
            again.close()
            lines = journal.path.read_bytes()
            send_left(store, UNSENT)
            if cut < 4:
                journal.path.parent.mkdir(parents=True)
                journal.path.write_bytes(lines)
                run = store.client.search_runs(
                    [store.experiment_id], "tags.`chatloop.journal` = 'cafe-1'"
                )[0]
                Journal(journal.path).sent(0, run.info.run_id)
        (run,) = store.client.search_runs(
            [store.experiment_id], "tags.`chatloop.journal` = 'cafe-1'"
        )
        history = store.client.get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    assert run.info.status == "KILLED"


def test_a_journal_that_is_too_long_keeps_all_but_the_curve(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(unsent, "LIMIT_BYTES", 200)
    journal = Journal(tmp_path / "beef-1.jsonl")
    for step in range(99):
        journal.add(step=step, values={"loss": 1.0})
    journal.add(end="FINISHED")
    lines = [line for _, line in journal.unsent()]
    assert 2 < len(lines) < 9
    assert lines[-1]["end"] == "FINISHED"


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
