"""A project as the pipeline leaves it: a candidate that loads, reports, splits, dvc.lock."""

import json
import shutil
from pathlib import Path

import polars as pl

from chatloop.io.files import folder_sha256, write_json
from chatloop.io.tables import TURNS
from chatloop.params.file import read_params

ROOT = Path(__file__).parents[2]
TRAIN = read_params(ROOT / "params.yaml").train.model_dump()
CURVE = """step,loss,validation_bits_per_byte,learning_rate
1,7.5,,0.001
2,6.5,2.5,0.0005
"""
SLICES = """by,slice,conversations,bits_per_byte,champion,base
topic,refunds,10,1.5,,3.5
topic,returns,12,1.25,,3.25
"""
LOCK = """schema: '2.0'
stages:
  split:
    cmd: split
    outs:
    - {path: data/split/train.parquet, hash: md5, md5: 0123456789abcdef0123456789abcdef, size: 9}
  train:
    cmd: train
    outs:
    - {path: models/candidate, hash: md5, md5: fedcba9876543210fedcba9876543210.dir, size: 9}
"""
TURN = [("shop-1", 0, "user", "hi", ["refunds"], "builtin")]


class Project:
    """The working folder of a test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = "chatloop"
        self.candidate = root / "models" / "candidate"
        self.verdict = root / "reports" / "verdict.json"
        self.pin = root / "pins" / "champion.json"

    @property
    def candidate_sha256(self) -> str:
        return folder_sha256(self.candidate)

    def train_again(self, mark: str) -> None:
        """Another candidate: the same weights with another card."""
        card = json.loads((self.candidate / "card.json").read_text())
        write_json(self.candidate / "card.json", {**card, "mark": mark})

    def judge(self, verdict: str) -> None:
        content = {"verdict": verdict, "reasons": ["by test"], "champion_version": None}
        write_json(self.verdict, {**content, "candidate_sha256": self.candidate_sha256})


def make_project(root: Path, candidate: Path, database: Path) -> Project:
    """A project in a new folder, with a copy of a candidate and of an empty MLflow database."""
    for folder in ("pins", "data/split", "reports/data_docs"):
        (root / folder).mkdir(parents=True)
    shutil.copytree(candidate, root / "models" / "candidate")
    shutil.copyfile(database, root / "mlflow.db")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(ROOT / name, root / name)
    (root / "dvc.lock").write_text(LOCK)
    _write_reports(root / "reports")
    for name in ("train", "validation", "test"):
        table = pl.DataFrame(TURN, schema=TURNS, orient="row")
        table.write_parquet(root / "data" / "split" / f"{name}.parquet")
    project = Project(root)
    write_json(project.pin, {"version": None})
    project.judge("PROMOTE")
    return project


def write_tables(reports: Path) -> None:
    """What figures are drawn from, which takes longer than all else about a run."""
    (reports / "curve.csv").write_text(CURVE)
    (reports / "slices.csv").write_text(SLICES)
    (reports / "lengths.csv").write_text("words,turns\n1,5\n2,9\n")


def _write_reports(reports: Path) -> None:
    write_json(
        reports / "clean.json", {"rows_in": 10, "rows_out": 8, "rejected": {"empty turn": 2}}
    )
    write_json(reports / "evaluate.json", {"bits_per_byte": {"candidate": 1.5, "base": 3.5}})
    write_json(reports / "generations.json", [{"asked": "hi"}])
    (reports / "data_docs" / "index.html").write_text("<html>all well</html>")
    (reports / "evaluation.html").write_text("<html>scores</html>")
