"""Turns tables in batches of whole conversations, sorted, however large the file is.

    for batch in sorted_batches(Path("data/ingest/turns.parquet")):   # shop-00001 … shop-03102
        …                                                             # shop-03103 … shop-06177

A conversation is never cut, and a later batch holds higher ids. What has to wait on the disk is in
files without a name: nothing of them is left, whatever ends the process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import polars as pl

from chatloop.errors import UserError
from chatloop.io.tables import TURNS, check_table

# Turns in a batch, about, and their bytes; a single longer conversation makes a larger one. To ask
# for personal data costs some time for every batch, however small it is.
ROWS, BYTES = 40_000, 2**24
_ID, _KEY = "conversation_id", ("conversation_id", "turn")


class Spool:
    """Tables of one schema put aside on the disk, in order; they can be read many times."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places: list[tuple[int, int]] = []

    def add(self, table: pl.DataFrame) -> int:
        """Put a table behind the others; returns its place."""
        self._places.append((self._file.seek(0, 2), 0))
        table.rechunk().write_ipc_stream(self._file)
        self._places[-1] = (self._places[-1][0], self._file.tell())
        return len(self._places) - 1

    def __getitem__(self, at: int) -> pl.DataFrame:
        start, end = self._places[at]
        self._file.seek(start)
        return pl.read_ipc_stream(BytesIO(self._file.read(end - start)), use_pyarrow=False)

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[pl.DataFrame]:
        return (self[at] for at in range(len(self)))


@contextmanager
def scratch(beside: Path) -> Iterator[BinaryIO]:
    """A file without a name on the disk of `beside`, gone when the block ends or the process."""
    beside.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=beside.parent) as file:
        yield cast("BinaryIO", file)


@contextmanager
def spool(beside: Path) -> Iterator[Spool]:
    """An empty spool on the disk of `beside`."""
    with scratch(beside) as file:
        yield Spool(file)


def sorted_batches(
    path: Path, schema: pl.Schema = TURNS, rows: int | None = None
) -> Iterator[pl.DataFrame]:
    """A Parquet table by conversation and turn, some `rows` at a time, no conversation in two.

    Left out, `rows` are as many as ROWS and BYTES allow. A table in another order is put in order
    on the disk first; then ids are in memory, all of them.

    Raises:
        UserError: as `read_table` does.
    """
    check_table(path, schema)
    rows = rows or _fitting(path)
    if _in_order(path, rows):
        yield from _uncut(_parts(path, schema.names(), rows))
        return
    with spool(path) as aside:
        yield from _by_range(path, schema.names(), rows, aside)


def _parts(path: Path, columns: list[str], rows: int) -> Iterator[pl.DataFrame]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for part in file.iter_batches(rows, columns=columns):
                yield pl.DataFrame(pa.Table.from_batches([part])).select(columns)
    except (OSError, pa.ArrowException) as error:
        first = str(error).strip().splitlines()[0]
        raise UserError(f"{path}: is not a whole Parquet table ({first})") from error


def _fitting(path: Path) -> int:
    """So many rows of the table are a batch, by what it says of its size."""
    import pyarrow.parquet as pq

    about = pq.read_metadata(path)
    size = sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
    fitting: int = BYTES * about.num_rows // max(1, size)
    return max(1, min(ROWS, fitting))


def _in_order(path: Path, rows: int) -> bool:
    last = None
    for part in _parts(path, [*_KEY], rows):
        keys = part if last is None else pl.concat([last, part])
        if not keys.equals(keys.sort(_KEY, maintain_order=True)):
            return False
        last = keys.tail(1)
    return True


def _uncut(parts: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """What is in order, cut anew between conversations."""
    held: list[pl.DataFrame] = []
    for part in parts:
        if part.is_empty():
            continue
        same = part[_ID].eq_missing(part.item(-1, _ID))
        cut = int(same.arg_max() or 0)
        if held and (cut or held[-1].item(-1, _ID) != part.item(0, _ID)):
            whole = pl.concat([*held, part[:cut]])
            held = []
            yield from (whole,) if whole.height else ()
        elif cut:
            yield part[:cut]
        held.append(part[cut:])
    if held:
        yield pl.concat(held)


def _by_range(path: Path, columns: list[str], rows: int, aside: Spool) -> Iterator[pl.DataFrame]:
    """Every part is split by ranges of ids, about `rows` each; then a range is put together."""
    lowest = _ranges(path, rows)
    places: list[list[int]] = [[] for _ in lowest]
    for part in _parts(path, columns, rows):
        ranged = part.with_columns(_range=lowest.search_sorted(_ids(part), side="right") - 1)
        for (at,), some in ranged.partition_by("_range", as_dict=True, include_key=False).items():
            places[int(cast("int", at))].append(aside.add(some))
    for held in places:
        yield pl.concat([aside[at] for at in held]).sort(_KEY, maintain_order=True)


def _ranges(path: Path, rows: int) -> pl.Series:
    """The lowest id of each range."""
    counts = pl.concat([_ids(part).value_counts() for part in _parts(path, [_ID], rows)])
    summed = counts.group_by(_ID).agg(pl.col("count").sum()).sort(_ID)
    begins = summed["count"].cum_sum() - summed["count"]
    return summed.filter((begins // rows).diff().fill_null(1) > 0)[_ID]


def _ids(part: pl.DataFrame) -> pl.Series:
    """Ids to compare; a turn without one stands first, as in every sorted table."""
    return part[_ID].fill_null("")
