"""Which texts to read for which detectors; Rust asks, of millions of turns, what Python would not.

Call me on 408-971-8523  →  the detectors of phone, and of every other kind with ten digits

What is cheap comes first: digits are counted for many detectors at a time, then a gate, one regex,
asks for what any of some detectors looks for, and only where it matches does what single detectors
ask matter. A gate is small, for one that outgrows the cache of the engine's automaton builds its
states again and again.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter

import polars as pl

from chatloop.privacy.detector import Detector

# A gate is a regex of at most so many characters, or of one detector alone.
_GATE = 700
# A longer regex, of all the names there are, takes time to prepare; so many characters of text to
# one of its own are worth it.
_LARGE = 4_000
_FEW = 4
# A part of the texts for a thread of its own has no fewer than so many rows.
_PART = 10_000


def suspicions(content: pl.Series, detectors: Sequence[Detector]) -> dict[int, list[int]]:
    """Which rows to read, and the places of the detectors to ask there, in order."""
    table = content.fill_null("").to_frame("content").with_row_index("row")
    rows = max(_PART, -(-table.height // pl.thread_pool_size()))
    parts = list(table.iter_slices(rows))
    with ThreadPoolExecutor(max(1, len(parts))) as threads:
        found = list(threads.map(lambda part: list(_suspected(part, detectors)), parts))
    asked: dict[int, list[int]] = defaultdict(list)
    for at, rows_of_one in sorted((one for part in found for one in part), key=itemgetter(0)):
        for row in rows_of_one:
            asked[row].append(at)
    return asked


def _suspected(
    table: pl.DataFrame, detectors: Sequence[Detector]
) -> Iterator[tuple[int, list[int]]]:
    """Places of detectors and the rows to read for them."""
    places = sorted(range(len(detectors)), key=lambda at: detectors[at].digits)
    for digits, group in groupby(places, key=lambda at: detectors[at].digits):
        table = table.filter(holds_digits(table["content"], digits)) if digits else table
        by_hint: dict[str, list[int]] = defaultdict(list)
        for at in group:
            by_hint[detectors[at].hint].append(at)
        for hints in _gates(list(by_hint)):
            near = _holding(table, "|".join(f"(?:{one})" for one in hints))
            for one in hints:
                here = _holding(near, one) if len(hints) > 1 else near
                for at in by_hint[one]:
                    shape = detectors[at].shape
                    more = shape and shape != one
                    yield at, (_holding(here, shape) if more else here)["row"].to_list()


def _gates(hints: Sequence[str]) -> Iterator[list[str]]:
    """The hints, neighbours together as long as they make a small regex."""
    gate: list[str] = []
    for hint in hints:
        if gate and sum(map(len, gate)) + len(hint) > _GATE:
            yield gate
            gate = []
        gate.append(hint)
    if gate:
        yield gate


def _holding(table: pl.DataFrame, regex: str) -> pl.DataFrame:
    """The rows where the regex matches, or all where to ask costs more than to read them."""
    content = table["content"]
    if not table.height:
        return table
    if len(regex) >= _LARGE and (content.str.len_bytes().sum() or 0) < _FEW * len(regex):
        return table
    return table.filter(content.str.contains(regex))


def holds_digits(content: pl.Series, count: int) -> pl.Series:
    """Whether a text has at least so many digits; one or more."""
    more = rf"(?:[^0-9]*[0-9]){{{count - 1}}}" if count > 1 else ""
    return content.str.contains(rf"[0-9]{more}")
