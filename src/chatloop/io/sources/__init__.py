"""Source files: found by path, folder or glob; read record by record, plain, gzip or zstd.

records_of(Source(path="logs"), 0)  →  Record("logs/july.jsonl", 17, '{"messages": …', {…}, None), …
"""

import re
from collections.abc import Iterator
from pathlib import Path

from chatloop.io.sources.finding import (
    BUILTIN,
    FEEDBACK,
    PACKED,
    TEXT_SUFFIXES,
    find_files,
    pin_sources,
)
from chatloop.io.sources.hub import check_dataset, read_dataset
from chatloop.io.sources.opening import opened
from chatloop.io.sources.readers.json_files import read_json_records
from chatloop.io.sources.readers.rows import PARQUET_MAGIC, read_csv_records, read_parquet_records
from chatloop.io.sources.readers.text import read_text_records
from chatloop.io.sources.readers.yaml_files import read_yaml_records
from chatloop.io.sources.record import Record
from chatloop.params.sources import Source

__all__ = [
    "BUILTIN",
    "FEEDBACK",
    "Record",
    "check_source",
    "find_files",
    "pin_sources",
    "read_records",
    "records_by_file",
]

_BY_SUFFIX = {
    ".csv": read_csv_records,
    ".tsv": read_csv_records,
    ".yaml": read_yaml_records,
    ".yml": read_yaml_records,
}
# What a JSON file starts with; a transcript may start with a time in brackets.
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{|\[\s*(?:[\[{"\]]|$))')


def check_source(source: Source, at: int) -> None:
    """That a source can be there, without reading it.

    Raises:
        UserError: no such file, or no id of a hub data set.
    """
    if source.revision is not None:
        check_dataset(source, at)
    elif source.path not in (BUILTIN, FEEDBACK):
        find_files(source, at)


def records_by_file(source: Source, at: int, text: bool = False) -> Iterator[Iterator[Record]]:
    """Records of every file of a source, or of its data set on a hub; see `read_records`."""
    if source.revision is not None:
        yield read_dataset(source, at)
    for path in find_files(source, at):
        yield read_records(path, text, source.encoding)


def read_records(path: Path, text: bool = False, encoding: str | None = None) -> Iterator[Record]:
    """Every record of a file; a broken one comes with the reason and the rest goes on.

    Args:
        path: what it is shows in its first bytes, and for tables, YAML and text in its name.
        text: whether it is text, whatever its name; of it, a record is a conversation.
        encoding: what it is in where it is neither UTF-8 nor marked as UTF-16.

    Raises:
        UserError: the file cannot be read, its compression is cut short or broken, it unfolds like
            a bomb, or it is a document that ends too early.
    """
    name = path.name.lower()
    for packed in filter(None, PACKED):
        name = name.removesuffix(packed)
    with opened(path, encoding) as file:
        start = file.peek(64)[:64]
    if text:
        return read_text_records(path, encoding)
    if start.startswith(PARQUET_MAGIC):
        return read_parquet_records(path)
    if name.endswith(TEXT_SUFFIXES) and not _JSON.match(start):
        return read_text_records(path, encoding)
    return _BY_SUFFIX.get(Path(name).suffix, read_json_records)(path, encoding)
