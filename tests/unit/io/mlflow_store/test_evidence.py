import json
import posixpath
import re
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatloop.io.mlflow_store.evidence import (
    columns,
    curve_points,
    dvc_outs,
    dvc_tags,
    git_tags,
    report_metrics,
)

KEYS = st.text(max_size=20)
REPORTS = st.recursive(
    st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.text() | st.none(),
    lambda inner: st.dictionaries(KEYS, inner, max_size=4) | st.lists(inner, max_size=3),
)


def reports_with(name: str, report: Any) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{name}.json").write_text(json.dumps(report), encoding="utf-8")
        return report_metrics(Path(folder))


def test_numbers_of_a_report_are_metrics_named_by_file_and_key() -> None:
    report = {"rows_out": 8, "rejected": {"too long": 2}, "well": True, "why": "x", "many": [1]}
    assert reports_with("clean", report) == {"clean/rows_out": 8, "clean/rejected.too long": 2}


def test_a_report_that_is_a_list_has_no_metrics() -> None:
    assert reports_with("generations", [{"tokens": 5}]) == {}


@given(st.dictionaries(KEYS, REPORTS, max_size=5))
def test_mlflow_takes_every_metric_name_whatever_a_topic_is_called(report: dict[str, Any]) -> None:
    for name, value in reports_with("evaluate", report).items():
        assert re.fullmatch(r"[/\w.\- :]+", name)
        assert posixpath.normpath(name) == name
        assert len(name) <= 250
        assert isinstance(value, float)


def test_a_blank_cell_is_no_point_and_a_text_is_a_prefix(tmp_path: Path) -> None:
    curve = tmp_path / "curve.csv"
    curve.write_text("step,split,loss,learning_rate\n1,train,2.5,0.1\n1,validation,2.75,\n")
    assert list(curve_points(curve)) == [
        (1, {"train/loss": 2.5, "train/learning_rate": 0.1}),
        (1, {"validation/loss": 2.75}),
    ]


def test_a_curve_that_is_missing_or_empty_has_no_points(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    assert list(curve_points(tmp_path / "empty.csv")) == []
    assert list(curve_points(tmp_path / "none.csv")) == []


def test_columns_are_numbers_where_they_can_be(tmp_path: Path) -> None:
    (tmp_path / "topics.csv").write_text('topic,bits,champion\n"a, b",1.5,\n')
    assert columns(tmp_path / "topics.csv") == {
        "topic": ["a, b"],
        "bits": [1.5],
        "champion": [None],
    }


def test_every_out_of_every_stage_has_its_hash(tmp_path: Path) -> None:
    lock = tmp_path / "dvc.lock"
    lock.write_text(
        "schema: '2.0'\nstages:\n  a:\n    outs:\n    - {path: data/x (1).parquet, md5: '01'}\n"
        "  b:\n    outs:\n    - {path: models/b, hash: md5, md5: 02.dir}\n  c: {cmd: echo}\n"
    )
    outs = dvc_outs(lock)
    assert outs == {"data/x (1).parquet": "01", "models/b": "02.dir"}
    assert dvc_tags(outs) == {"dvc.data/x _1_.parquet": "01", "dvc.models/b": "02.dir"}
    assert dvc_outs(tmp_path / "none.lock") == {}


def test_outside_of_git_the_commit_is_none(tmp_path: Path) -> None:
    assert git_tags(tmp_path) == {"mlflow.source.git.commit": "none"}
