import json
from pathlib import Path

import polars as pl
import pytest

from chatloop.errors import UserError
from chatloop.io.tables import TURNS, read_table, write_table
from chatloop.params import SplitParams
from chatloop.params_file import read_params
from chatloop.splitting import SPLITS
from chatloop.stages.split import split


@pytest.fixture
def params(root) -> SplitParams:
    return read_params(root / "params.yaml").split


def table(conversations: int) -> pl.DataFrame:
    rows = [
        (f"c{n:03}", turn, role, f"{n}a {n}b {n}c {role}", ["returns", f"t{n % 3}"], "test")
        for n in range(conversations)
        for turn, role in enumerate(("user", "assistant"))
    ]
    return pl.DataFrame(rows, schema=TURNS, orient="row")


def run(folder: Path, turns: pl.DataFrame, params: SplitParams, success: object = True) -> None:
    write_table(turns, folder / "turns.parquet")
    (folder / "validate.json").write_text(json.dumps({"success": success}))
    parts = [folder / f"{name}.parquet" for name in SPLITS]
    split(params, folder / "turns.parquet", folder / "validate.json", *parts, folder / "split.json")


def test_every_turn_is_in_one_split_and_is_counted(tmp_path, params, capsys):
    run(tmp_path, table(200), params)
    parts = {name: read_table(tmp_path / f"{name}.parquet") for name in SPLITS}
    assert pl.concat(parts.values()).sort("conversation_id", "turn").equals(table(200))
    report = json.loads((tmp_path / "split.json").read_text())
    for name, part in parts.items():
        assert report[name] == {
            "conversations": part.height // 2,
            "clusters": part.height // 2,
            "turns": part.height,
            "topics": 4,
        }
    assert "0 of them stay with a twin" in capsys.readouterr().out


def test_an_empty_split_is_an_error_with_the_counts(tmp_path, params):
    with pytest.raises(UserError, match=r"a split would be empty: 1 train, 0 validation, 1 test"):
        run(tmp_path, table(2), params)
    assert not list(tmp_path.glob("train*"))


@pytest.mark.parametrize("success", [False, None, "true"])
def test_data_that_did_not_pass_validation_is_refused(success, tmp_path, params):
    with pytest.raises(UserError, match=r"validate\.json: the data did not pass validation"):
        run(tmp_path, table(200), params, success)
