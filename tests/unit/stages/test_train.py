"""The train stage: several processes give what one gives."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file

from chatloop.errors import UserError
from chatloop.io.files import read_json, write_json
from chatloop.io.models import hub
from chatloop.io.tokens import write_packed
from chatloop.params.file import read_params
from chatloop.stages import train as stage
from chatloop.tokens.packing import Packed

CONTEXT, ROWS = 16, 14
OVERRIDES = {
    "epochs": 2.0, "batch_rows": 4, "optimizer": "muon", "learning_rate": 1.0e-3, "threads": 2,
    "evaluate_every": 4, "checkpoint_every": 2, "device": "cpu",
}  # fmt: skip


@dataclass
class Project:
    """The working folder of a training."""

    root: Path

    def write_params(self, **overrides: object) -> None:
        params = yaml.safe_load((self.root / "shipped.yaml").read_text())
        params["train"] |= OVERRIDES | overrides
        (self.root / "params.yaml").write_text(yaml.safe_dump(params))

    def train(self, **overrides: object) -> None:
        self.write_params(**overrides)
        paths = ("tokens", "base", "candidate", "curve.csv", "train.json", "scratch")
        stage.train(read_params(Path("params.yaml")).train, *map(Path, paths))

    def report(self) -> Any:
        return read_json(self.root / "train.json")

    def weights(self) -> dict[str, Any]:
        return load_file(self.root / "candidate" / "model.safetensors")


def packed(seed: int) -> Packed:
    generator = np.random.default_rng(seed)
    ids = generator.integers(3, 90, (ROWS, CONTEXT)).astype(np.int32)
    positions = np.tile(np.arange(CONTEXT, dtype=np.int32), (ROWS, 1))
    owner = np.repeat(np.arange(ROWS, dtype=np.int32)[:, None], CONTEXT, axis=1)
    supervised = generator.random((ROWS, CONTEXT)) < 0.5
    return Packed(ids, positions, supervised, owner, supervised)


@pytest.fixture
def project(
    tmp_path: Path, root: Path, small_model: Any, chatml: Any, monkeypatch: pytest.MonkeyPatch
) -> Project:
    shutil.copy(root / "params.yaml", tmp_path / "shipped.yaml")
    (tmp_path / "base").mkdir()
    hub.save(small_model, chatml, tmp_path / "base")
    hub.write_card(
        tmp_path / "base", source=hub.TINY, revision=None, licence="Apache-2.0", added_tokens=[]
    )
    write_packed(packed(1), tmp_path / "tokens" / "train")
    write_packed(packed(2), tmp_path / "tokens" / "validation")
    manifest = {"context": CONTEXT, "validation": {"answer_bytes": 100}}
    write_json(tmp_path / "tokens" / "manifest.json", manifest)
    # Nothing listens there: the runs stay where the project is.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


ENDS = """
import os, signal
from chatloop.io.models.checkpoints import Checkpoints
from chatloop.stages import main, train as stage
class Ends(Checkpoints):
    def wants(self, step):
        if step == 3 and os.environ["RANK"] == "0":
            os.kill(os.getppid(), signal.SIGTERM)
            self.leave.wait()
        return super().wants(step)
stage.Checkpoints = Ends
main(stage.train)
"""


def test_two_processes_that_leave_and_two_with_slices_that_go_on_give_what_one_gives(
    project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project.train()
    alone, report = project.weights(), project.report()
    (project.root / "ends.py").write_text(ENDS)
    with monkeypatch.context() as patched, pytest.raises(SystemExit) as ended:
        patched.setattr(stage, "MODULE", "ends")
        project.train(devices=2)
    assert ended.value.code == 130
    ((kept,),) = (list(folder.glob("step-*")) for folder in (project.root / "scratch").iterdir())
    assert kept.name == "step-00000003"
    project.train(devices=2, parallel="fsdp")
    out = capfd.readouterr().out
    assert "2 processes (ddp)" in out
    assert "2 processes (fsdp)" in out
    assert "goes on after step 3" in out
    for name, weight in project.weights().items():
        np.testing.assert_allclose(weight, alone[name], atol=2e-5)
    assert project.report() == pytest.approx(report, rel=1e-4)
    assert not (project.root / "scratch").exists()
    header, *_ = (project.root / "curve.csv").read_text().splitlines()
    assert header.startswith("step,loss,validation_bits_per_byte,learning_rate,gradient_norm")


def test_more_processes_than_rows_are_refused(project: Project) -> None:
    with pytest.raises(UserError, match=r"5 devices share a step of 4 rows; raise train\.batch_"):
        project.train(devices=5)
