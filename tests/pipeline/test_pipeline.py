"""The pipeline as a user meets it: raw conversations in, a registered model out, nothing twice."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml

from chatloop.corpus import generate
from tests.pipeline.conftest import SMALL, run
from tests.raw_values import standing, written

Chatloop = Callable[..., subprocess.CompletedProcess[str]]
Dvc = Callable[..., str]
pytestmark = pytest.mark.pipeline


def small(*more: str) -> list[str]:
    return [argument for override in (*SMALL, *more) for argument in ("-S", override)]


def report(project: Path, name: str) -> dict[str, object]:
    return json.loads((project / "reports" / f"{name}.json").read_text())


def hashes(project: Path) -> dict[str, object]:
    stages = yaml.safe_load((project / "dvc.lock").read_text())["stages"]
    times = "reports/speed.json"  # no two runs have the same
    return {
        name: [out["md5"] for out in stage["outs"] if out["path"] != times]
        for name, stage in stages.items()
    }


def test_from_raw_conversations_to_a_champion_and_on(
    project: Path, chatloop: Chatloop, dvc: Dvc
) -> None:
    """One story, since each chapter needs the one before: every step takes a minute by itself."""
    done = chatloop("run", *small())
    assert "alias champion" in done.stdout
    planted = generate(400, 7).planted
    rejected = report(project, "clean")["rejected_by_reason"]
    assert rejected == {name: len(planted.get(name, ())) for name in rejected}
    values = [value for pairs in generate(400, 7).personal_data.values() for _, value in pairs]
    assert len(values) > 20
    leave = ("data/ingest", ".git", ".venv", "src", ".dvc/cache")
    assert standing(values, written(project, leave=leave)) == []
    assert standing(values, {Path("said"): done.stdout + done.stderr}) == []
    first = hashes(project)

    again = chatloop("run").stdout
    assert "Cached: ingest" in again
    assert "Ran:" not in again
    assert "Restored:" not in again
    assert "version 1" in again
    assert hashes(project) == first
    assert "up to date" in dvc("status")
    assert "up to date" in dvc("repro")

    assert "the same, bit for bit" in chatloop("rebuild", "1").stdout
    assert run(["git", "worktree", "list"], project).stdout.count("\n") == 1
    (row,) = json.loads(chatloop("models", "--json").stdout)
    assert (row["number"], row["aliases"], row["verdict"]) == (
        1,
        ["candidate", "champion"],
        "PROMOTE",
    )

    answer = run([sys.executable, "-c", LOADED], project).stdout
    assert json.loads(answer.splitlines()[-1])["choices"][0]["message"]["role"] == "assistant"

    dvc("push")
    shutil.rmtree(project / ".dvc" / "cache")
    shutil.rmtree(project / "models")
    dvc("pull")
    assert "up to date" in dvc("status")

    for folder in ("data", "models", ".dvc/cache"):
        shutil.rmtree(project / folder)
    (project / "dvc.lock").unlink()
    dvc("repro")
    assert hashes(project) == first

    run(["git", "add", "-A"], project)
    run(["git", "commit", "-qm", "a run"], project)
    dvc("exp", "run", "-S", "train.learning_rate=5.0e-3")
    assert hashes(project)["train"] != first["train"]
    assert hashes(project)["tokenize"] == first["tokenize"]
    assert "bits_per_byte.candidate" in dvc("metrics", "diff")
    dvc("plots", "diff")
    assert (project / "dvc_plots" / "index.html").is_file()

    # The flow goes on with what the experiment trained, and holds it against the champion.
    chatloop("run")
    assert json.loads((project / "pins" / "champion.json").read_text())["version"] == 1
    assert report(project, "verdict")["champion_version"] == 1


LOADED = """
import json, mlflow
mlflow.set_tracking_uri("sqlite:///mlflow.db")
model = mlflow.pyfunc.load_model("models:/chatloop@champion")
print(json.dumps(model.predict({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 8})[0]))
"""


def test_quarantined_lines_are_counted_and_too_many_stop_the_pipeline(
    project: Path, chatloop: Chatloop
) -> None:
    lines = [json.dumps(record) for record in generate(200, 3).records]
    lines[5:5] = ["{broken", "[1, 2]", '{"messages": 3}']
    (project / "logs.jsonl").write_text("\n".join(lines))
    overrides = small("ingest.sources=logs.jsonl", "validate.max_quarantined_share=0.001")
    done = chatloop("run", *overrides, check=False)
    assert done.returncode == 3
    assert "quarantined_share" in done.stderr
    assert "Traceback" not in done.stderr
    found = pl.read_parquet(project / "data" / "ingest" / "quarantine.parquet")
    assert found["line"].to_list() == [6, 7, 8]
    assert found["reason"].to_list() == ["not_json", "not_an_object", "no_messages"]
    assert not (project / "models").exists()


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("ingest.sources=nothing/*.jsonl", "ingest.sources[0]: nothing/*.jsonl matches no file"),
        ("ingest.sources=[{path: builtin, format: mesages}]", "'mesages' is not known; known here"),
        ("train.learning_rate=fast", "train.learning_rate: 'fast'"),
        ("train.lerning_rate=1", "train.lerning_rate: no such key; known here: epochs"),
        ("base.model=./nowhere", "base.model: ./nowhere: no such folder"),
        ("base.model=owner/name", "needs base.revision"),
        ("tokenize.context=16", "tokenize.context: 16"),
    ],
)
def test_a_mistake_is_one_line_before_any_work(
    project: Path, chatloop: Chatloop, override: str, says: str
) -> None:
    before = (project / "params.yaml").read_text()
    done = chatloop("run", "-S", override, check=False)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert (project / "params.yaml").read_text() == before
    assert not (project / "data").exists()


def test_outside_of_a_project_one_line_says_so(tmp_path: Path) -> None:
    done = run([sys.executable, "-m", "chatloop", "run"], tmp_path, check=False)
    assert done.returncode == 2
    assert "no chatloop project here" in done.stderr
