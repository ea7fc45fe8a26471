"""Text files, a conversation at a time.

User: Where is my order?
Agent: It left us today.
---
User: …

Conversations are parted by lines of three or more dashes (or =, *, #) where a file has such lines;
else by empty lines, where what stands between these has two speakers each; else a file is one.
Which of the three it is shows in its first 64 KiB.
"""

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

from chatloop.formats.plain.transcript import speaker
from chatloop.io.sources.opening import opened
from chatloop.io.sources.record import Record, bounded_lines, not_utf8, too_long

# Bytes of one conversation; what goes on longer without a divider is none.
MAX_CONVERSATION = 2**22
_LOOK = 2**16
_RULE = re.compile(r"\s{0,8}(?:-{3,}|={3,}|\*{3,}|#{3,})\s*")
_TWO = 2


def read_text_records(path: Path, encoding: str | None = None) -> Iterator[Record]:
    """Every conversation of a file, named after its first line."""
    with opened(path, encoding) as file:
        divides = _divider(file.read(_LOOK).decode("utf-8-sig", "replace"))
    held: list[bytes] = []
    size = start = 0
    with opened(path, encoding) as file:
        for at, (line, long) in enumerate(bounded_lines(file), start=1):
            if divides(line.decode("utf-8", "replace")) or long or size > MAX_CONVERSATION:
                yield from _record(path, start, held)
                held, size = [], 0
            if long:
                yield too_long(path.as_posix(), at, line)
            elif not divides(line.decode("utf-8", "replace")):
                start = start if held else at
                held.append(line)
                size += len(line)
        yield from _record(path, start, held)


def _divider(sample: str) -> Callable[[str], bool]:
    """What tells the line between two conversations."""
    lines = sample.split("\n")
    if any(_RULE.fullmatch(line) for line in lines):
        return lambda line: bool(_RULE.fullmatch(line))
    blocks = [
        list(block) for blank, block in groupby(lines, lambda line: not line.strip()) if not blank
    ]
    # The last block may be cut off by the end of the sample.
    whole = blocks[:-1] or blocks
    if len(blocks) > 1 and all(len(_speakers(block)) >= _TWO for block in whole):
        return lambda line: not line.strip()
    return lambda _: False


def _speakers(lines: list[str]) -> set[str]:
    return {found[0] for line in lines if (found := speaker(line))}


def _record(path: Path, start: int, lines: list[bytes]) -> Iterator[Record]:
    content = b"".join(lines).removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        return
    if len(content) > MAX_CONVERSATION:
        yield too_long(path.as_posix(), start, content)
        return
    try:
        text = content.decode("utf-8").replace("\r\n", "\n").strip("\n")
    except UnicodeDecodeError as error:
        yield not_utf8(path.as_posix(), start, content, error.start)
        return
    yield Record(path.as_posix(), start, text, text)
