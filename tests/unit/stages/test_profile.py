import json
from pathlib import Path

import polars as pl
import pytest

from chatloop.io.tables import TURNS, write_table
from chatloop.params import ProfileParams
from chatloop.params.file import read_params
from chatloop.stages.profile import profile

OUTS = ("profile.json", "report.json", "diversity.html")


@pytest.fixture
def params(root: Path) -> ProfileParams:
    return read_params(root / "params.yaml").profile


def table(count: int, topics: list[str] | None = None) -> pl.DataFrame:
    named = ["returns", "delivery", "stock"] if topics is None else topics
    rows = [
        (f"c{n:03}", turn, role, f"Where is my parcel {n}?", named[n % 3 : n % 3 + 1], "chats")
        for n in range(count)
        for turn, role in enumerate(("user", "assistant"))
    ]
    return pl.DataFrame(rows, schema=TURNS, orient="row")


def run(folder: Path, turns: pl.DataFrame, params: ProfileParams, accepted: object = None) -> dict:
    write_table(turns, folder / "turns.parquet")
    (folder / "accepted.json").write_text(json.dumps(accepted or {"conversations": None}))
    profile(params, folder / "turns.parquet", folder / "accepted.json", *(folder / o for o in OUTS))
    return json.loads((folder / "report.json").read_text())


def test_the_first_data_set_is_all_new_and_did_not_drift(tmp_path, params, capsys):
    report = run(tmp_path, table(30), params)
    assert report["topics"] == {"delivery": 10, "returns": 10, "stock": 10}
    assert report["sources"]["chats"]["new"] == 30
    assert report["drift"] == {}
    assert "30 of them new since the last accepted data; 3 topics given" in capsys.readouterr().out
    page = (tmp_path / "diversity.html").read_text()
    assert "No data set was accepted before" in page
    assert "parcel" not in page
    assert "http" not in page


def test_the_next_is_held_against_the_one_that_was_accepted(tmp_path, params):
    run(tmp_path, table(30), params)
    accepted = json.loads((tmp_path / "profile.json").read_text())
    more = table(40).filter(~pl.col("topics").list.contains("stock"))
    report = run(tmp_path, more, params, accepted)
    assert report["sources"]["chats"]["new"] == 7
    assert report["sources"]["chats"]["gone"] == 10
    assert report["drift"]["topics"] > 0.1
    assert "topic stock is missing: the last accepted data had it" in report["remarks"]
    assert "jensen_shannon_divergence" in (tmp_path / "diversity.html").read_text()


def test_topics_are_found_where_none_are_given_and_are_not_compared(tmp_path, params):
    run(tmp_path, table(30), params)
    accepted = json.loads((tmp_path / "profile.json").read_text())
    report = run(tmp_path, table(30, []), params, accepted)
    assert report["topics_are"] == "found"
    assert sum(report["topics"].values()) == 30
    assert "topics" not in report["drift"]


def test_what_is_rare_over_weight_or_missing_is_remarked_on(tmp_path, params):
    strict = params.model_copy(
        update={"rare_share": 0.34, "dominant_share": 0.2, "topics": ("returns", "warranty")}
    )
    remarks = run(tmp_path, table(30), strict)["remarks"]
    assert "topic stock is rare: 10 conversations, 33.33%" in remarks
    assert "topic stock is over-weight: 33.3% of the conversations" in remarks
    assert remarks[-1] == "topic warranty is missing: params name it"


def test_the_same_rows_give_the_same_bytes(tmp_path, params):
    bytes_of = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        run(tmp_path / name, table(30, []), params)
        bytes_of.append([(tmp_path / name / out).read_bytes() for out in OUTS])
    assert bytes_of[0] == bytes_of[1]
