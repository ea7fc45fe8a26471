from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.errors import UserError
from chatloop.io.batches import sorted_batches, spool
from chatloop.io.tables import TURNS, write_table

KEYS = st.lists(
    st.tuples(st.sampled_from(["b", "a", "ä", "", None]), st.integers(0, 5)), max_size=30
)


def table(keys: list[tuple[str | None, int]]) -> pl.DataFrame:
    rows = [(name, turn, "user", f"{name} {turn}", ["x"], "s") for name, turn in keys]
    return pl.DataFrame(rows, schema=TURNS, orient="row")


@settings(deadline=None, max_examples=60)
@given(KEYS, st.integers(1, 7), st.booleans())
def test_batches_of_any_size_are_the_sorted_table_and_cut_no_conversation(keys, rows, in_order):
    turns = table(keys)
    turns = turns.sort("conversation_id", "turn") if in_order else turns
    with TemporaryDirectory() as folder:
        path = Path(folder) / "turns.parquet"
        write_table(turns, path)
        batches = list(sorted_batches(path, rows=rows))
        assert [one.name for one in path.parent.iterdir()] == ["turns.parquet"]
    whole = pl.concat([TURNS.to_frame(), *batches])
    assert whole.equals(turns.sort("conversation_id", "turn", maintain_order=True))
    ids = [name for batch in batches for name in batch["conversation_id"].unique()]
    assert len(ids) == len(set(ids))


def test_a_file_that_is_no_table_is_one_line(tmp_path):
    path = tmp_path / "turns.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(UserError, match="is not a whole Parquet table"):
        list(sorted_batches(path))


def test_a_spool_gives_back_what_was_put_in_and_leaves_no_file(tmp_path):
    with spool(tmp_path / "out" / "turns.parquet") as aside:
        parts = [table([("a", 0)]), table([]), table([("b", 0), ("b", 1)])]
        assert [aside.add(part) for part in parts] == [0, 1, 2]
        assert all(read.equals(part) for read, part in zip(aside, parts, strict=True))
        assert aside[0].equals(parts[0])
    assert list((tmp_path / "out").iterdir()) == []
