"""What the files of a project say about its candidate, in the shapes that MLflow takes.

reports/clean.json {"rows_out": 8}       →  {"clean/rows_out": 8.0}
reports/curve.csv  10,train,3.1,1.0e-3   →  (10, {"train/loss": 3.1, "train/learning_rate": …})
"""

import csv
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chatloop.io.files import read_json, read_yaml, sha256

Cell = float | str | None
SPLITS = {"training": "train", "validation": "validation", "test": "test"}
DIGEST_CHARS = 36  # of a data set; more are refused by MLflow
CHANGED_NAMED = 20
NAME_CHARS = 200  # of a metric or tag; what else MLflow refuses in one, and in one with slashes:
NOT_IN_A_NAME, NOT_IN_A_PATH = re.compile(r"[^\w\-. :]"), re.compile(r"[^\w\-. :/]")
# What the pipeline itself writes does not make the code differ from its commit.
WRITTEN = (":(exclude)dvc.lock", ":(exclude)reports", ":(exclude)pins")


def columns(path: Path) -> dict[str, list[Cell]]:
    """A CSV table by column: numbers where a cell is one, None where it is blank."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    cells = [[_cell(text) for text in row] for row in rows if len(row) == len(header)]
    return {name: [row[i] for row in cells] for i, name in enumerate(header)}


def curve_points(path: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """(step, numbers) of each row; a text column is a prefix, a blank cell is no point."""
    table = columns(path)
    for cells in zip(*table.values(), strict=True):
        row = dict(zip(table, cells, strict=True))
        step = row.pop("step", None)
        prefix = "".join(f"{cell}/" for cell in row.values() if isinstance(cell, str))
        values = {f"{prefix}{k}": cell for k, cell in row.items() if isinstance(cell, float)}
        if isinstance(step, float):
            yield int(step), values


def report_metrics(reports: Path) -> dict[str, float]:
    """Every number of every report; lists and texts are no metrics."""
    found: dict[str, float] = {}
    for path in sorted(reports.glob("*.json")):
        report = read_json(path)
        if isinstance(report, dict):
            names = ((name[:NAME_CHARS], value) for name, value in _numbers(report))
            found |= {f"{path.stem}/{name}": value for name, value in names}
    return found


def dvc_outs(lock: Path) -> dict[str, str]:
    """Path to DVC's hash of everything in dvc.lock; empty where there is none."""
    stages = (read_yaml(lock) or {}).get("stages", {}) if lock.exists() else {}
    outs = [out for stage in stages.values() for out in stage.get("outs", [])]
    return {out["path"]: str(out.get(out.get("hash", "md5"), "")) for out in outs}


def dvc_tags(outs: Mapping[str, str]) -> dict[str, str]:
    """`dvc.models/candidate`: the hash of every out, to look for in dvc.lock or a remote."""
    return {f"dvc.{NOT_IN_A_PATH.sub('_', path)}": digest for path, digest in outs.items()}


def verdict_tags(verdict: Path) -> dict[str, str]:
    """The verdict as a column in the list of runs; with its reasons, the run's description."""
    if not verdict.exists():
        return {}
    decided = read_json(verdict)
    word, reasons = str(decided.get("verdict")), decided.get("reasons", [])
    lines = [f"**{word}**", *(f"- {reason}" for reason in reasons)]
    return {"chatloop.verdict": word, "mlflow.note.content": "\n".join(lines)}


def git_tags(root: Path) -> dict[str, str]:
    """The commit, and whether anything but the pipeline's own files differs from it."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return {"mlflow.source.git.commit": "none"}
    changed = _git(root, "status", "--porcelain", "--", ".", *WRITTEN)
    dirty = "false" if changed == "" else "true"
    return {"mlflow.source.git.commit": commit, "mlflow.source.git.dirty": dirty}


def changed_files(root: Path) -> list[str]:
    """Code that differs from its commit, the first of it: such a version cannot be rebuilt.

    Settings do not count, they are kept with the version.
    """
    settings = (":(exclude)params.yaml", *WRITTEN)
    changed = _git(root, "diff", "--name-only", "HEAD", "--", ".", *settings) or ""
    new = _git(root, "ls-files", "--others", "--exclude-standard", "--", ".", *settings) or ""
    return sorted({*changed.splitlines(), *new.splitlines()})[:CHANGED_NAMED]


def datasets(root: Path, outs: Mapping[str, str]) -> list[Any]:
    """MLflow's inputs for the splits that are there, by their digest in dvc.lock, else sha256."""
    from mlflow.entities import DatasetInput, InputTag

    found = []
    for context, name in SPLITS.items():
        path = f"data/split/{name}.parquet"
        if (root / path).exists():
            digest = (outs.get(path) or sha256(root / path))[:DIGEST_CHARS]
            tags = [InputTag("mlflow.data.context", context)]
            found.append(DatasetInput(_dataset(name, digest, root, path), tags))
    return found


def _dataset(name: str, digest: str, root: Path, path: str) -> Any:
    import polars as pl
    from mlflow.data.polars_dataset import infer_schema
    from mlflow.entities import Dataset

    table = pl.scan_parquet(root / path)
    rows = table.select(pl.len()).collect().item()
    schema = {"mlflow_colspec": infer_schema(table.head(100).collect()).to_dict()}
    source, profile = {"uri": path}, {"num_rows": rows}
    texts = (json.dumps(value) for value in (source, schema, profile))
    return Dataset(name, digest, "local", *texts)


def _numbers(report: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for key, value in report.items():
        name = prefix + _name(key)
        if isinstance(value, dict):
            yield from _numbers(value, f"{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield name, float(value)


def _name(key: str) -> str:
    """A key without what MLflow refuses in a name."""
    name = NOT_IN_A_NAME.sub("_", key)
    return name if name.strip(". ") else "_"


def _cell(text: str) -> Cell:
    try:
        return float(text) if text else None
    except ValueError:
        return text


def _git(root: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
