"""The run of a candidate, made from the files whatever became of the one that trained it."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from projects import SLICES, TRAIN, Project

from chatloop.errors import UserError
from chatloop.io.files import write_json
from chatloop.io.mlflow_store.connection import connect
from chatloop.io.tracking import record, training_run

HERE = Path()


def run_of(run_id: str) -> Any:
    with connect() as store:
        return store.client.get_run(run_id)


def artifacts(run_id: str, path: str | None = None) -> set[str]:
    with connect() as store:
        return {entry.path for entry in store.client.list_artifacts(run_id, path)}


def history(run_id: str, key: str) -> list[tuple[int, float]]:
    with connect() as store:
        return [(m.step, m.value) for m in store.client.get_metric_history(run_id, key)]


def slice_column(run_id: str, name: str) -> list[Any]:
    with connect() as store:
        table = store.client.load_table(store.experiment_id, "tables/slices.json", [run_id])
    return list(table[name])


@pytest.fixture(scope="module")
def restored(shared_project: Project) -> Any:
    """The run of a project that MLflow has never seen."""
    return run_of(record(shared_project.root))


def test_a_run_is_made_from_the_files_alone(restored: Any, shared_project: Project) -> None:
    run_id, data = restored.info.run_id, restored.data
    assert restored.info.status == "FINISHED"
    assert data.tags["chatloop.candidate_sha256"] == shared_project.candidate_sha256
    assert history(run_id, "loss") == [(1, 7.5), (2, 6.5)]
    assert history(run_id, "validation_bits_per_byte") == [(2, 2.5)]
    assert data.metrics["clean/rejected.empty turn"] == 2
    assert data.metrics["evaluate/bits_per_byte.candidate"] == 1.5
    assert data.params["train.learning_rate"] == str(TRAIN["learning_rate"])
    sources = json.loads(data.params["ingest.sources"])
    assert sources[0]["path"] == "builtin"
    assert data.tags["dvc.models/candidate"] == "fedcba9876543210fedcba9876543210.dir"
    assert data.tags["mlflow.source.git.commit"] == "none"
    assert data.tags["chatloop.verdict"] == "PROMOTE"
    assert data.tags["mlflow.note.content"] == "**PROMOTE**\n- by test"


def test_the_splits_are_inputs_with_their_digests(restored: Any) -> None:
    by_context = {one.tags[0].value: one.dataset for one in restored.inputs.dataset_inputs}
    assert set(by_context) == {"training", "validation", "test"}
    assert by_context["training"].digest == "0123456789abcdef0123456789abcdef"
    assert len(by_context["test"].digest) == 36
    assert json.loads(by_context["test"].source) == {"uri": "data/split/test.parquet"}
    assert json.loads(by_context["test"].profile) == {"num_rows": 1}


def test_files_figures_and_tables_go_with_the_run(restored: Any) -> None:
    run_id = restored.info.run_id
    tops = {"params.yaml", "dvc.yaml", "dvc.lock", "reports", "data_docs", "figures", "tables"}
    assert artifacts(run_id) == tops
    drawn = {f"figures/{name}.png" for name in ("bits_per_byte", "learning_curve", "turn_lengths")}
    assert artifacts(run_id, "figures") == drawn
    assert {"reports/evaluation.html", "reports/verdict.json"} <= artifacts(run_id, "reports")
    assert artifacts(run_id, "data_docs") == {"data_docs/index.html"}
    assert slice_column(run_id, "slice") == ["refunds", "returns"]


def test_a_second_call_changes_nothing(restored: Any, shared_project: Project) -> None:
    assert record(shared_project.root) == restored.info.run_id
    assert run_of(restored.info.run_id).to_dictionary() == restored.to_dictionary()


def test_the_run_that_trained_the_candidate_is_the_one_recorded(project: Project) -> None:
    with training_run("f" * 64, {"train": TRAIN}) as run:
        run.log(1, {"loss": 7.25})
        run.finish(project.candidate_sha256)
    assert record(HERE) == run.run_id
    assert history(run.run_id, "loss") == [(1, 7.25)]


def test_new_reports_of_the_same_candidate_replace_the_old(project: Project) -> None:
    slices = project.root / "reports" / "slices.csv"
    slices.write_text(SLICES)
    run_id = record(HERE)
    write_json(project.root / "reports" / "evaluate.json", {"bits_per_byte": {"candidate": 1.25}})
    slices.write_text(SLICES.replace("1.5", "1.75"))
    assert record(HERE) == run_id
    assert run_of(run_id).data.metrics["evaluate/bits_per_byte.candidate"] == 1.25
    assert slice_column(run_id, "bits_per_byte") == [1.75, 1.25]


def test_a_zero_in_a_breakdown_is_no_news_until_it_was_more(project: Project) -> None:
    report = project.root / "reports" / "clean.json"
    write_json(report, {"rejected": 0, "rejected_by_reason": {"empty_turn": 0, "too_long": 3}})
    run_id = record(HERE)
    logged = run_of(run_id).data.metrics
    assert logged["clean/rejected"] == 0
    assert logged["clean/rejected_by_reason.too_long"] == 3
    assert "clean/rejected_by_reason.empty_turn" not in logged
    write_json(report, {"rejected_by_reason": {"too_long": 0}})
    assert record(HERE) == run_id
    assert run_of(run_id).data.metrics["clean/rejected_by_reason.too_long"] == 0


def test_other_params_are_another_run(project: Project) -> None:
    first = record(HERE)
    params = project.root / "params.yaml"
    params.write_text(params.read_text().replace("confidence: 0.95", "confidence: 0.9"))
    second = record(HERE)
    assert second != first
    assert run_of(second).data.params["gate.confidence"] == "0.9"
    assert run_of(first).data.params["gate.confidence"] == "0.95"
    assert record(HERE) == second


def test_half_a_pipeline_is_recorded_as_far_as_it_goes(project: Project) -> None:
    for path in ("reports", "data", "dvc.lock", "dvc.yaml", "params.yaml"):
        target = project.root / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()
    run = run_of(record(HERE))
    assert run.data.metrics == {}
    assert run.data.params == {}
    assert artifacts(run.info.run_id) == set()


def test_no_candidate_is_one_line(project: Project) -> None:
    shutil.rmtree(project.candidate)
    with pytest.raises(UserError, match=r"models/candidate: is missing; run the pipeline"):
        record(HERE)


def test_the_commit_is_dirty_by_what_people_change_not_by_what_runs_write(project: Project) -> None:
    def git(*arguments: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        command = ["git", *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def dirty() -> str:
        project.train_again(mark=str(len(recorded)))
        recorded.append(record(HERE))
        tags = run_of(recorded[-1]).data.tags
        assert tags["mlflow.source.git.commit"] == git("rev-parse", "HEAD")
        return str(tags["mlflow.source.git.dirty"])

    recorded: list[str] = []
    (project.root / ".gitignore").write_text("/data\n/models\n/mlflow.db*\n/mlartifacts\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "a project")
    (project.root / "dvc.lock").write_text("schema: '2.0'\n")
    write_json(project.root / "reports" / "clean.json", {"rows_in": 11})
    assert dirty() == "false"
    (project.root / "params.yaml").write_text("train: {}\n")
    assert dirty() == "true"


def test_a_project_that_was_moved_is_told_so(
    alone: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(HERE)
    alone.root.rename(tmp_path / "new")
    monkeypatch.chdir(tmp_path / "new")
    with pytest.raises(UserError, match=r"keeps its artifacts in .*mlartifacts, which is gone"):
        record(HERE)
