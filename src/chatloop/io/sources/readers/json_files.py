"""JSON Lines and JSON documents, one record at a time; which of the two shows in the content.

{"messages": …}          a record a line
[{"messages": …}, …]     a record an entry; read one after the other, however long the list
"""

import codecs
import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from chatloop.conversation import Reject
from chatloop.errors import UserError
from chatloop.io.sources.opening import opened
from chatloop.io.sources.record import (
    DECODER,
    ENCODING,
    MAX_RECORD,
    Record,
    bounded_lines,
    not_utf8,
    too_long,
)

# A document that is one object is read whole.
MAX_DOCUMENT = 2**30
_CHUNK, _LOOK = 2**20, 2**20
_BLANK = re.compile(r"[ \t\r\n]*")
_BOM = codecs.BOM_UTF8


def read_json_records(path: Path, encoding: str | None = None) -> Iterator[Record]:
    """Every record of a file; a broken line comes with its reason and the rest goes on.

    Raises:
        UserError: neither JSON nor JSON lines, or a document that ends too early.
    """
    with opened(path, encoding) as file:
        listed = _is_list(file)
    given = 0
    if listed:
        try:
            for record in _entries(path, encoding):
                yield record
                given += 1
        except (ValueError, RecursionError) as error:
            if given or not _has_json_line(path, encoding):
                raise _neither(path, error) from error
        else:
            return
    with opened(path, encoding) as file:
        yield from _lines_or_object(path, file, encoding)


def _is_list(file: IO[bytes]) -> bool:
    """Whether a file is one JSON list, not lines of which the first is one."""
    start = file.read(_LOOK).removeprefix(_BOM).lstrip()
    first, _, rest = start.partition(b"\n")
    return start.startswith(b"[") and not (rest.strip() and _is_json(first))


def _entries(path: Path, encoding: str | None) -> Iterator[Record]:
    """Entries of a list with their own text; no more of it is in memory than the longest takes."""
    with opened(path, encoding) as file:
        window, number = _Window(file), 0
        window.skip("[")
        while window.next() != "]":
            if number:
                window.skip(",")
                window.next()
            raw, value = window.value()
            number += 1
            yield Record(path.as_posix(), number, raw, value)
        window.skip("]")
        if window.next():
            raise ValueError("something follows the list")


class _Window:
    """The part of a document that is looked at."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._text, self._at, self._ended = file, "", 0, False
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()

    def next(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more(_CHUNK)

    def skip(self, mark: str) -> None:
        """Go past a mark that must be there."""
        if self.next() != mark:
            raise ValueError(f"{mark!r} is missing")
        self._at += 1

    def value(self) -> tuple[str, object]:
        """The value that starts here, with its text."""
        size = _CHUNK
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if self._ended:
                    raise
            else:
                # What ends where the window does may be the first half of a longer number.
                if end < len(self._text) or self._ended:
                    raw, self._at = self._text[self._at : end], end
                    return raw, value
            self._more(size)
            size *= 2

    def _more(self, size: int) -> None:
        data = self._file.read(size)
        self._ended = not data
        self._text = self._text[self._at :] + self._decoder.decode(data, final=self._ended)
        self._at = 0
        if len(self._text) > MAX_RECORD + _CHUNK:
            raise ValueError("an entry is no JSON, or too long")


def _lines_or_object(path: Path, file: IO[bytes], encoding: str | None) -> Iterator[Record]:
    name, lines = path.as_posix(), enumerate(bounded_lines(file), start=1)
    for at, (line, long) in lines:
        if not line.removeprefix(_BOM).strip():
            continue
        if not long and not _is_json(line):
            document = _document(path, line, file, encoding)
            if document is not None:
                yield document
                return
            # Lines after all, of which the first is broken: from here on again, line by line.
            yield from _lines(path, encoding)
            return
        yield _line(name, at, line, long)
        for number, (following, cut) in lines:
            if cut or following.strip():
                yield _line(name, number, following, cut)
        return
    raise UserError(f"{path}: is empty; it may be cut short")


def _lines(path: Path, encoding: str | None) -> Iterator[Record]:
    with opened(path, encoding) as file:
        for at, (line, long) in enumerate(bounded_lines(file), start=1):
            if long or line.strip():
                yield _line(path.as_posix(), at, line, long)


def _document(path: Path, start: bytes, file: IO[bytes], encoding: str | None) -> Record | None:
    """A file that is one JSON object; None where it is JSON lines with a broken one.

    Raises:
        UserError: neither: no line of it is JSON, or it is too large.
    """
    content = start + file.read(MAX_DOCUMENT)
    if len(content) >= MAX_DOCUMENT:
        if _has_json_line(path, encoding):
            return None
        raise UserError(f"{path}: is one JSON object of over 1 GiB; write it as JSON lines")
    try:
        text = content.decode("utf-8-sig").strip()
        return Record(path.as_posix(), 1, text, DECODER.decode(text))
    except (ValueError, RecursionError) as error:
        if _has_json_line(path, encoding):
            return None
        raise _neither(path, error) from error


def _neither(path: Path, error: Exception) -> UserError:
    # The message of a JSON error names a position, never the content; others may say more.
    if isinstance(error, UnicodeDecodeError):
        return UserError(f"{path}: is no UTF-8 (byte {error.start}); {ENCODING}")
    detail = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
    return UserError(f"{path}: is neither JSON nor JSON lines ({detail}); it may be cut short")


def _has_json_line(path: Path, encoding: str | None) -> bool:
    """Whether one of the first thousand lines is JSON on its own."""
    with opened(path, encoding) as file:
        first = islice(bounded_lines(file), 1000)
        return any(not long and line.strip() and _is_json(line) for line, long in first)


def _is_json(line: bytes) -> bool:
    return _line("", 1, line, long=False).problem is None


def _line(name: str, at: int, line: bytes, long: bool) -> Record:
    if long:
        return too_long(name, at, line)
    try:
        text = line.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        return not_utf8(name, at, line, error.start)
    try:
        return Record(name, at, text, DECODER.decode(text))
    except (ValueError, RecursionError) as error:
        # The message of a JSON error names a position, never the content.
        detail = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        return Record(name, at, text, None, Reject("not_json", detail))
