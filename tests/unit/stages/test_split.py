import json
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from chatloop.duplicates.splitting import SPLITS
from chatloop.errors import DataError, UserError
from chatloop.io.batches import sorted_batches
from chatloop.io.tables import LEFT_OUT, SPLIT_TURNS, TURNS, read_table, write_table
from chatloop.params import SplitParams
from chatloop.params.file import read_params
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
    outs = [*parts, folder / "left_out.parquet", folder / "split.json"]
    split(params, folder / "turns.parquet", folder / "validate.json", *outs)


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
    assert report["left_out"]["conversations"] == 0
    assert report["exchanges"] == {"all": 200, "exact_repeats": 0, "near_repeats": 0}
    assert "0 left out of training or validation" in capsys.readouterr().out


def twins(of: pl.DataFrame) -> pl.DataFrame:
    """The same conversations again under other ids."""
    return of.with_columns(conversation_id="x" + pl.col("conversation_id"))


def test_twins_are_left_out_with_their_reason_and_named_in_the_tables(tmp_path, params):
    both = pl.concat([table(200), twins(table(200))])
    run(tmp_path, both, params)
    parts = [pl.read_parquet(tmp_path / f"{name}.parquet") for name in SPLITS]
    out = read_table(tmp_path / "left_out.parquet", LEFT_OUT)
    assert all(part.schema == SPLIT_TURNS for part in parts)
    assert sum(part.height for part in parts) + out.height == both.height
    assert set(out["reason"]) == {"twin_of_test", "twin_of_validation"}
    assert set(out["stage"]) == {"split"}
    clusters = [set(part["cluster"]) for part in parts]
    assert not (clusters[0] & clusters[1] or clusters[0] & clusters[2] or clusters[1] & clusters[2])
    copied = pl.concat(parts).filter(pl.col("conversation_id").str.starts_with("x"))
    assert (copied["exchange"] == copied["conversation_id"].str.slice(1) + ":0").all()
    report = json.loads((tmp_path / "split.json").read_text())
    assert report["exchanges"]["exact_repeats"] == 200
    assert report["left_out"]["turns"] == out.height
    assert sum(report["left_out"]["by_reason"].values()) == report["left_out"]["conversations"]


def test_a_test_split_that_stands_in_training_stops(tmp_path, params):
    answer = "please send it back within thirty days and we will pay you at once"
    canned = table(200).with_columns(
        content=pl.when(pl.col("role") == "assistant").then(pl.lit(answer)).otherwise("content")
    )
    alike = params.near_duplicates.model_copy(update={"threshold": 0.95})
    params = params.model_copy(update={"near_duplicates": alike})
    strict = params.contamination.model_copy(update={"min_overlap": 0.3, "max_share": 0.2})
    with pytest.raises(DataError, match=r"test exchanges \(100\.0%\) stand in the training data"):
        run(tmp_path, canned, params.model_copy(update={"contamination": strict}))
    report = json.loads((tmp_path / "split.json").read_text())
    assert report["contamination"]["exchanges"]["share"] == 1.0
    assert not (tmp_path / "train.parquet").exists()


def test_an_empty_split_is_an_error_with_the_counts(tmp_path, params):
    with pytest.raises(UserError, match=r"a split would be empty: 1 train, 0 validation, 1 test"):
        run(tmp_path, table(2), params)
    assert not list(tmp_path.glob("train*"))


@pytest.mark.parametrize("success", [False, None, "true"])
def test_data_that_did_not_pass_validation_is_refused(success, tmp_path, params):
    with pytest.raises(UserError, match=r"validate\.json: the data did not pass validation"):
        run(tmp_path, table(200), params, success)


def written(folder: Path) -> dict[str, bytes]:
    """The files that a run wrote."""
    outs = [*(f"{name}.parquet" for name in (*SPLITS, "left_out")), "split.json"]
    return {name: (folder / name).read_bytes() for name in outs}


def with_twins_across_batches() -> pl.DataFrame:
    """Copies stand far behind what they repeat, near-twins beside it, some talks are long."""
    first = table(60)
    near = first.head(10).with_columns(
        conversation_id="b" + pl.col("conversation_id"), content=pl.col("content") + " please"
    )
    long = first.tail(2).with_columns(conversation_id=pl.lit("long"), turn=pl.int_range(2, 4))
    begin = first.head(2).with_columns(conversation_id=pl.lit("long"))
    parts = [first, near, twins(first.head(16)), begin, long]
    return pl.concat([part.cast(dict(TURNS)) for part in parts])


@pytest.fixture(scope="module")
def whole(root, tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    run(folder, with_twins_across_batches(), read_params(root / "params.yaml").split)
    return written(folder)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_the_size_of_batches_changes_nothing(rows, whole, tmp_path, params, monkeypatch):
    cut = partial(sorted_batches, rows=rows)
    monkeypatch.setattr("chatloop.stages.split.sorted_batches", cut)
    run(tmp_path, with_twins_across_batches(), params)
    assert (tmp_path / "split.json").read_bytes() == whole["split.json"]
    for name in (*SPLITS, "left_out"):
        # The groups of rows in a file are the batches that it was written in.
        found = pl.read_parquet(tmp_path / f"{name}.parquet")
        assert found.equals(pl.read_parquet(whole[f"{name}.parquet"]))


def test_the_order_of_rows_changes_no_byte(whole, tmp_path, params):
    run(tmp_path, with_twins_across_batches().sample(fraction=1, shuffle=True, seed=1), params)
    assert written(tmp_path) == whole


def test_nothing_to_split_is_an_error_with_the_counts(tmp_path, params):
    with pytest.raises(UserError, match=r"would be empty: 0 train, 0 validation, 0 test of 0 conv"):
        run(tmp_path, table(0), params)
