"""Which texts to read for which detectors; Rust asks, of millions of turns, what Python would not.

Call me on 408-971-8523  →  the detectors of phone, and of every other kind with ten digits

What is cheap comes first: digits are counted for many detectors at a time, then a gate, one regex,
asks for what any of some detectors looks for, and only where it matches does what single detectors
ask matter. A gate is small, for one that outgrows the cache of the engine's automaton builds its
states again and again.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
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
# So many rows are worth a thread of their own.
_SHARE = 10_000


def suspicions(
    content: pl.Series, groups: Sequence[Sequence[Detector]]
) -> Iterator[dict[int, list[Detector]]]:
    """Of each group of detectors, which rows to read, and whom of the group to ask there, in order.

    What concerns later groups is still sought while the caller reads rows for the first one.
    """
    table = content.fill_null("").to_frame("content").with_row_index("row")
    # A regex takes time to prepare, so that threads share gates and not rows. While one waits for
    # Polars, another prepares what to ask next.
    with ThreadPoolExecutor(2 * pl.thread_pool_size()) as threads:
        sought = [
            [
                threads.submit(_suspected, part, gate, detectors)
                for slice_ in table.iter_slices(_PART)
                for part, gate in _gates(slice_, detectors, threads)
            ]
            for detectors in groups
        ]
        for detectors, tasks in zip(groups, sought, strict=True):
            found = sorted((one for task in tasks for one in task.result()), key=itemgetter(0))
            asked: dict[int, list[Detector]] = defaultdict(list)
            for at, rows in found:
                for row in rows:
                    asked[row].append(detectors[at])
            yield asked


def _gates(
    table: pl.DataFrame, detectors: Sequence[Detector], threads: Executor
) -> Iterator[tuple[pl.DataFrame, dict[str, list[int]]]]:
    """Rows with digits enough, and regexes, small together, with the places of who asks them."""
    places = sorted(range(len(detectors)), key=lambda at: detectors[at].digits)
    for digits, group in groupby(places, key=lambda at: detectors[at].digits):
        table = _with_digits(table, digits, threads) if digits else table
        gate: dict[str, list[int]] = {}
        for at in group:
            first = detectors[at].asked[0]
            if gate and first not in gate and sum(map(len, gate)) + len(first) > _GATE:
                yield table, gate
                gate = {}
            gate.setdefault(first, []).append(at)
        yield table, gate


def _with_digits(table: pl.DataFrame, count: int, threads: Executor) -> pl.DataFrame:
    """The rows that have so many; everything waits for them, so that threads share the rows."""

    def those(part: pl.DataFrame) -> pl.DataFrame:
        return part.filter(holds_digits(part["content"], count))

    part = max(_SHARE, -(-table.height // pl.thread_pool_size()))
    return pl.concat([table.clear(), *threads.map(those, table.iter_slices(part))])


def _suspected(
    table: pl.DataFrame, gate: Mapping[str, list[int]], detectors: Sequence[Detector]
) -> list[tuple[int, list[int]]]:
    """Places of detectors and the rows to read for them."""
    near = _holding(table, "|".join(f"(?:{first})" for first in gate))
    found = []
    for first, asking in gate.items():
        here = _holding(near, first) if len(gate) > 1 else near
        for at in asking:
            rows = here
            for regex in detectors[at].asked[1:]:
                rows = _holding(rows, regex)
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
