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
# Of more rows the gates are asked part by part.
_PART = 500_000


def suspicions(content: pl.Series, detectors: Sequence[Detector]) -> dict[int, list[int]]:
    """Which rows to read, and the places of the detectors to ask there, in order."""
    table = content.fill_null("").to_frame("content").with_row_index("row")
    # A regex takes time to prepare, so that threads share gates and not rows.
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        tasks = [
            threads.submit(_suspected, part, gate, detectors)
            for slice_ in table.iter_slices(_PART)
            for part, gate in _gates(slice_, detectors)
        ]
        found = [one for task in tasks for one in task.result()]
    asked: dict[int, list[int]] = defaultdict(list)
    for at, rows in sorted(found, key=itemgetter(0)):
        for row in rows:
            asked[row].append(at)
    return asked


def _gates(
    table: pl.DataFrame, detectors: Sequence[Detector]
) -> Iterator[tuple[pl.DataFrame, list[int]]]:
    """Rows with digits enough, and the places of detectors whose hints make a small regex."""
    places = sorted(range(len(detectors)), key=lambda at: detectors[at].digits)
    for digits, group in groupby(places, key=lambda at: detectors[at].digits):
        table = table.filter(holds_digits(table["content"], digits)) if digits else table
        gate: list[int] = []
        length = 0
        for at in group:
            more = len(detectors[at].hint)
            if gate and length + more > _GATE:
                yield table, gate
                gate, length = [], 0
            gate.append(at)
            length += more
        yield table, gate


def _suspected(
    table: pl.DataFrame, gate: Sequence[int], detectors: Sequence[Detector]
) -> list[tuple[int, list[int]]]:
    """Places of detectors and the rows to read for them."""
    by_hint: dict[str, list[int]] = defaultdict(list)
    for at in gate:
        by_hint[detectors[at].hint].append(at)
    near = _holding(table, "|".join(f"(?:{one})" for one in by_hint))
    found = []
    for hint, asking in by_hint.items():
        here = _holding(near, hint) if len(by_hint) > 1 else near
        for at in asking:
            shape = detectors[at].shape
            rows = _holding(here, shape) if shape and shape != hint else here
            found.append((at, rows["row"].to_list()))
    return found


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
