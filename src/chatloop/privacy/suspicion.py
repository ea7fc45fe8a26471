"""Which texts to read for which detectors; Rust asks, of millions of turns, what Python would not.

Call me on 408-971-8523  →  the detectors of phone, and of every other kind with ten digits
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from chatloop.privacy.detector import Detector

# To look for thousands of words at once takes time to prepare; so many to a text are worth it.
_FEW = 16


def suspicions(content: pl.Series, detectors: Sequence[Detector]) -> dict[int, list[int]]:
    """Which rows to read, and the places of the detectors to ask there.

    What is cheap comes first: digits are counted for many detectors at a time, then words are
    looked for, and only where these are do the shapes of single detectors matter.
    """
    groups: dict[tuple[int, tuple[str, ...]], list[int]] = defaultdict(list)
    for at, detector in enumerate(detectors):
        groups[detector.digits, detector.words].append(at)
    tables = _by_digits(content.fill_null(""), sorted({digits for digits, _ in groups}))
    gates = {digits: _gate(tables[digits], digits, groups) for digits in tables}

    def group(key: tuple[int, tuple[str, ...]]) -> list[tuple[int, list[int]]]:
        digits, words = key
        table = (gates if words else tables)[digits]
        if _worth(table, words):
            table = table.filter(holds_word(table["content"], words))
        return [(at, _shaped(table, detectors[at])["row"].to_list()) for at in groups[key]]

    asked: dict[int, list[int]] = defaultdict(list)
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        for found in threads.map(group, groups):
            for at, rows in found:
                for row in rows:
                    asked[row].append(at)
    return asked


def _gate(
    table: pl.DataFrame, digits: int, groups: Iterable[tuple[int, tuple[str, ...]]]
) -> pl.DataFrame:
    """The texts with a word of any group that asks for so many digits."""
    words = {word for count, words in groups if count == digits for word in words}
    every = tuple(sorted(words))
    return table.filter(holds_word(table["content"], every)) if _worth(table, every) else table


def _worth(table: pl.DataFrame, words: Sequence[str]) -> bool:
    """Whether looking for the words costs less than reading the texts for what they hint at."""
    return bool(words) and len(words) < _FEW * max(table.height, 1)


def _by_digits(content: pl.Series, counts: Sequence[int]) -> dict[int, pl.DataFrame]:
    """Row and content of the texts with at least so many digits, for each of the counts, rising."""
    table = pl.DataFrame({"content": content}).with_row_index("row")
    tables = {}
    for count in counts:
        table = table.filter(holds_digits(table["content"], count)) if count else table
        tables[count] = table
    return tables


def _shaped(table: pl.DataFrame, detector: Detector) -> pl.DataFrame:
    if _worth(table, detector.also):
        table = table.filter(holds_word(table["content"], detector.also))
    return table.filter(table["content"].str.contains(detector.shape)) if detector.shape else table


def holds_digits(content: pl.Series, count: int) -> pl.Series:
    """Whether a text has at least so many digits; one or more."""
    more = rf"(?:[^0-9]*[0-9]){{{count - 1}}}" if count > 1 else ""
    return content.str.contains(rf"[0-9]{more}")


def holds_word(content: pl.Series, words: tuple[str, ...]) -> pl.Series:
    """Whether a text has one of the words, anywhere in another one, too."""
    capital = [word for word in words if word != word.lower()]
    small = [word for word in words if word == word.lower()]
    content = content + " "
    found = pl.repeat(value=False, n=content.len(), eager=True)
    if capital:
        found |= content.str.contains_any(capital)
    if small:
        found |= content.str.contains_any(small, ascii_case_insensitive=True)
    return found
