"""One record of a source file, or what is wrong with it.

Record("logs/july.jsonl", 17, '{"messages": …', {"messages": …}, None)
Record("logs/july.jsonl", 18, '{"messages": [', None, Reject("not_json", "…"))
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from chatloop.conversation import Reject

# A record longer than this is not read into memory; of what is quarantined for it, so much is kept.
MAX_RECORD, KEPT = 64 * 2**20, 4096
_LONGEST_INT = 1000
ENCODING = "where the file is in another encoding, the source names it: encoding: cp1252"


@dataclass(frozen=True)
class Record:
    """`line` counts lines, table rows' first lines, or entries of a document, from 1. With a
    problem, `value` is what tells whose row it is, where that is known."""

    file: str
    line: int
    raw: str
    value: object
    problem: Reject | None = None


def _int(digits: str) -> int | float:
    """Python takes quadratic time for a number of thousands of digits, and then refuses it."""
    return int(digits) if len(digits) < _LONGEST_INT else float("inf")


DECODER = json.JSONDecoder(parse_int=_int)


def raw_of(value: object) -> str:
    """A record as text, for those that were not read as text."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return ""


def bounded_lines(file: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Lines of a file, and whether one was too long: then only its beginning is given."""
    while line := file.readline(MAX_RECORD):
        too_long = len(line) == MAX_RECORD and not line.endswith(b"\n")
        while too_long and (rest := file.readline(MAX_RECORD)):
            if rest.endswith(b"\n"):
                break
        yield (line[:KEPT] if too_long else line), too_long


def too_long(file: str, line: int, start: bytes) -> Record:
    """The record for a line that is too long."""
    problem = Reject("too_large", f"longer than {MAX_RECORD // 2**20} MiB; only its start is kept")
    return Record(file, line, start.decode("utf-8", errors="replace"), None, problem)


def not_utf8(file: str, line: int, content: bytes, at: int) -> Record:
    """The record for bytes that are no UTF-8."""
    text = content.decode("utf-8", errors="replace")
    return Record(file, line, text, None, Reject("not_utf8", f"byte {at}; {ENCODING}"))
