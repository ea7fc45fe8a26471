"""Rows of CSV, TSV and Parquet files as objects, one at a time.

Record("faq.csv", 2, "When do you open?,At nine.", {"question": "When…", "answer": "At nine."})
"""

import csv
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from chatloop.conversation import Reject
from chatloop.errors import UserError
from chatloop.io.sources.opening import FREE_BYTES, MAX_RATIO, opened
from chatloop.io.sources.record import Record, bounded_lines, not_utf8, raw_of, too_long

PARQUET_MAGIC = b"PAR1"
# Characters in a cell. A quote that is never closed reaches no further than this.
MAX_CELL, MAX_ROW = 2**20, 2**22
_DELIMITERS = ",;\t|"
# Excel's first line, where it writes one.
_TOLD = re.compile(r'"?sep=([,;\t|])"?\s*')
_BATCH = 500


def read_csv_records(path: Path, encoding: str | None = None) -> Iterator[Record]:
    """Every row under the names in the first one; a row that is broken comes with its reason.

    Raises:
        UserError: the first row names no columns, or one of them twice.
    """
    csv.field_size_limit(MAX_CELL)
    with opened(path, encoding) as file:
        lines = _Lines(file)
        header = _header(path, lines)
        delimiter = header.pop()
        while lines.more():
            number, cells = lines.row(delimiter)
            yield _row(path.as_posix(), number, lines.taken, cells, header)


def _header(path: Path, lines: "_Lines") -> list[str]:
    """Names of the columns, and the delimiter: the one that parts the most of them."""
    if not lines.more():
        raise UserError(f"{path}: is empty; it may be cut short")
    first = lines.peek()
    told = _TOLD.fullmatch(first)
    if told:
        lines.row(",")
        first = lines.peek() if lines.more() else ""
    delimiter = told[1] if told else max(_DELIMITERS, key=first.count)
    _, names = lines.row(delimiter)
    if isinstance(names, Reject) or not any(name.strip() for name in names):
        raise UserError(f"{path}: its first row must name the columns")
    # Programs leave the column of row numbers without a name, and empty ones at the end.
    header = [name.strip() or f"column {at}" for at, name in enumerate(names, start=1)]
    if len(set(header)) < len(header):
        raise UserError(f"{path}: its first row names a column twice")
    return [*header, delimiter]


class _Lines:
    """Lines of a file, of which a broken row gives all but its first back."""

    def __init__(self, file: IO[bytes]) -> None:
        self._lines = enumerate(bounded_lines(file), start=1)
        self._ahead: list[tuple[int, bytes, bool]] = []
        self.taken: list[tuple[int, bytes, bool]] = []
        self._size = 0

    def _pull(self) -> tuple[int, bytes, bool] | None:
        if self._ahead:
            return self._ahead.pop()
        number, (line, long) = next(self._lines, (0, (b"", False)))
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        return (number, line, long) if number else None

    def more(self) -> bool:
        """Whether a line is left that is not blank."""
        while pulled := self._pull():
            if pulled[1].strip():
                self._ahead.append(pulled)
                return True
        return False

    def peek(self) -> str:
        """The line to come."""
        return self._ahead[-1][1].decode("utf-8", "surrogateescape")

    def row(self, delimiter: str) -> tuple[int, list[str] | Reject]:
        """The next row's line number and its cells."""
        self.taken = []
        try:
            cells = next(csv.reader(self._texts(), delimiter=delimiter, strict=True))
        except csv.Error:
            if self._size <= MAX_ROW:
                self._ahead += reversed(self.taken[1:])
                del self.taken[1:]
            return self.taken[0][0], Reject("bad_row", "its quotes are not closed or out of place")
        return self.taken[0][0], cells

    def _texts(self) -> Iterator[str]:
        self._size = 0
        while self._size <= MAX_ROW and (pulled := self._pull()):
            self.taken.append(pulled)
            self._size += len(pulled[1])
            yield pulled[1].decode("utf-8", "surrogateescape")


def _row(
    name: str,
    number: int,
    taken: list[tuple[int, bytes, bool]],
    cells: list[str] | Reject,
    header: list[str],
) -> Record:
    content = b"".join(line for _, line, _ in taken)
    if any(long for _, _, long in taken):
        return too_long(name, number, content)
    try:
        raw = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        return replace(not_utf8(name, number, content, error.start), value=_known(header, cells))
    if isinstance(cells, Reject):
        return Record(name, number, raw, None, cells)
    if len(cells) != len(header):
        problem = Reject("bad_row", f"has {len(cells)} cells, the first row {len(header)}")
        return Record(name, number, raw, _known(header, cells), problem)
    return Record(name, number, raw, dict(zip(header, cells, strict=True)))


def _known(header: list[str], cells: list[str] | Reject) -> dict[str, str] | None:
    """The cells of a broken row: enough to tell whose it is, and for nothing else."""
    return None if isinstance(cells, Reject) else dict(zip(header, cells, strict=False))


def read_parquet_records(path: Path) -> Iterator[Record]:
    """Every row of a Parquet file, a few hundred in memory at a time.

    Raises:
        UserError: the file is cut short or damaged, or unfolds to a size that no text has.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    with _seekable(path) as file:
        try:
            table = pq.ParquetFile(file)
            _refuse_bomb(path, table.metadata)
            for batch in table.iter_batches(_BATCH, use_threads=False):
                for value in batch.to_pylist():
                    number += 1
                    yield Record(path.as_posix(), number, raw_of(value), value)
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            said = str(error).strip().splitlines() or ["broken"]
            raise UserError(f"{path}: is not a whole Parquet table ({said[0][:200]})") from error


@contextmanager
def _seekable(path: Path) -> Iterator[IO[bytes]]:
    """The file itself, or what it unpacks to; Parquet is read from its end."""
    with path.open("rb") as file:
        if file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC:
            file.seek(0)
            yield file
            return
    with opened(path) as packed, TemporaryFile() as file:
        shutil.copyfileobj(packed, file)
        file.seek(0)
        yield file


def _refuse_bomb(path: Path, metadata: Any) -> None:
    size = sum(metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    if size > max(FREE_BYTES, MAX_RATIO * path.stat().st_size):
        raise UserError(f"{path}: unfolds to over {MAX_RATIO} times its size; it is refused")


def rows_of(name: str, values: Iterable[object]) -> Iterator[Record]:
    """Records of rows that are values already."""
    for number, value in enumerate(values, start=1):
        yield Record(name, number, raw_of(value), value)
