"""Source files: found by path, folder or glob; read record by record, plain, gzip or zstd.

Record("logs/july.jsonl", 17, '{"messages": …', {"messages": …}, None)
Record("logs/july.jsonl", 18, '{"messages": [', None, Reject("not_json", "…"))
"""

import glob
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import zstandard

from chatloop.conversation import Reject
from chatloop.errors import UserError
from chatloop.io.files import read_json, sha256, write_json
from chatloop.params import IngestParams, Source

BUILTIN = "builtin"
SUFFIXES = (".json", ".jsonl", ".ndjson")
PACKED = ("", ".gz", ".zst")
GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True)
class Record:
    """One record of a file: `line` counts lines, or list entries of a JSON document, from 1."""

    file: str
    line: int
    raw: str
    value: object
    problem: Reject | None = None


def find_files(source: Source, at: int) -> list[Path]:
    """Files of a source in a stable order.

    Raises:
        UserError: nothing is there; the message names `ingest.sources[at]`.
    """
    where = f"ingest.sources[{at}]: {source.path}"
    path = Path(source.path).expanduser()
    if path.is_file():
        return [path]
    if path.is_dir():
        found = [p for p in path.rglob("*") if p.is_file() and _is_data(p)]
        expected = f"has no file that ends in {', '.join(SUFFIXES)} (or these with .gz, .zst)"
    else:
        # Path.glob takes no absolute pattern.
        matches = glob.glob(str(path), recursive=True)  # noqa: PTH207
        found = [Path(match) for match in matches if Path(match).is_file()]
        expected = "matches no file; name a file, a folder or a glob, or `builtin`"
    if not found:
        raise UserError(f"{where} {expected}")
    return sorted(found)


def _is_data(path: Path) -> bool:
    return path.name.lower().endswith(tuple(s + p for s in SUFFIXES for p in PACKED))


def pin_sources(params: IngestParams, pin: Path) -> str:
    """Write what the sources hold right now into the pin, so that DVC sees when a file changed.

    Returns:
        One line for a person.
    """
    named = [(at, source) for at, source in enumerate(params.sources) if source.path != BUILTIN]
    paths = [path for at, source in named for path in find_files(source, at)]
    files = [{"path": path.as_posix(), "sha256": _digest(path)} for path in paths]
    value = {"files": files}
    if not pin.exists() or read_json(pin) != value:
        write_json(pin, value)
    return f"sources: {len(params.sources)} named, {len(files)} files pinned by sha256"


def _digest(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check its rights") from error


def read_records(path: Path) -> Iterator[Record]:
    """Every record of a file; a broken line comes with the reason and the rest goes on.

    Raises:
        UserError: the file cannot be read, its compression is cut short or broken, or it is a
            JSON document that ends too early.
    """
    try:
        with _open(path) as file:
            yield from _records(path, file)
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise UserError(f"{path}: is cut short or damaged ({error}); copy it again") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error


def _open(path: Path) -> IO[bytes]:
    """The uncompressed bytes; what a file is shows in its first bytes, not in its name."""
    file = path.open("rb")
    start = file.read(4)
    file.seek(0)
    if start.startswith(GZIP_MAGIC):
        return io.BufferedReader(gzip.GzipFile(fileobj=file))
    if start == ZSTD_MAGIC:
        stream = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        return io.BufferedReader(stream)
    return file


def _records(path: Path, file: IO[bytes]) -> Iterator[Record]:
    first = file.readline()
    while first and not first.strip():
        first = file.readline()
    name = path.as_posix()
    if first.lstrip(b"\xef\xbb\xbf \t").startswith(b"[") or not _is_json(first):
        rest = file.read()
        document = _document(path, first + rest)
        if document is not None:
            for at, value in enumerate(document, start=1):
                yield Record(name, at, json.dumps(value, ensure_ascii=False), value)
            return
        file = io.BytesIO(rest)
    yield _line(name, 1, first)
    for at, line in enumerate(file, start=2):
        if line.strip():
            yield _line(name, at, line)


def _is_json(line: bytes) -> bool:
    return _line("", 1, line).problem is None


def _document(path: Path, content: bytes) -> list[object] | None:
    """Entries of a file that is one JSON document; None where it is JSON lines with a broken one.

    Raises:
        UserError: neither: no line of it is JSON.
    """
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        if any(_is_json(line) for line in content.splitlines()[:1000] if line.strip()):
            return None
        reason = "is empty" if not content.strip() else f"is neither JSON nor JSON lines ({error})"
        raise UserError(f"{path}: {reason}; it may be cut short") from error
    return value if isinstance(value, list) else [value]


def _line(name: str, at: int, line: bytes) -> Record:
    try:
        text = line.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raw = line.decode("utf-8", errors="replace")
        return Record(name, at, raw, None, Reject("not_utf8", f"byte {error.start}"))
    try:
        return Record(name, at, text, json.loads(text))
    except (ValueError, RecursionError) as error:
        # The message of a JSON error names a position, never the content.
        detail = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        return Record(name, at, text, None, Reject("not_json", detail))
