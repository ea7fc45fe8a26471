"""Personal data out of a turns table, placeholders in.

    shop-00007 │ 0 │ I am anna@example.org, born 4 March 1985
               →     I am [EMAIL_1], born [DATE_OF_BIRTH_1]

Numbers count the values of a kind in order of appearance, conversation by conversation, so that the
same value stays the same word and two values stay two. Polars asks the suspicions of the detectors
of every turn; Python reads only the suspected ones.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from chatloop.errors import UserError
from chatloop.privacy.detector import Detector, blanked, holds_digits, holds_word
from chatloop.privacy.detectors import DETECTORS
from chatloop.privacy.kinds import KINDS

_PLACEHOLDER = rf"\[(?:{'|'.join(KINDS).upper()})_[0-9]{{1,9}}\]"
# To look for thousands of names at once takes time to prepare; it pays from so many texts on.
_FEW = 1000
Finding = tuple[int, int, Detector]


def redact(turns: pl.DataFrame, kinds: Sequence[str]) -> tuple[pl.DataFrame, dict[str, int]]:
    """The same turns with placeholders, and how many values of each kind they replaced.

    Redacting twice changes nothing more. A placeholder that was there before keeps its meaning: new
    ones go on counting after it.

    Raises:
        UserError: a kind is not known.
    """
    detectors = chosen(kinds)
    names = _Names(_taken(turns))
    counts: Counter[str] = Counter()
    rows, contents = [], []
    for row, conversation, content, found in _suspected(turns, detectors):
        rows.append(row)
        contents.append(names.replace(conversation, content, found))
        counts.update(detector.kind for _, _, detector in found)
    redacted = turns.with_columns(_replaced(turns["content"], rows, contents))
    return redacted, {detector.kind: counts[detector.kind] for detector in detectors}


def count_personal_data(content: pl.Series, kinds: Sequence[str]) -> pl.Series:
    """How many values of these kinds each text holds (UInt32); a placeholder is none.

    Raises:
        UserError: a kind is not known.
    """
    one = (pl.lit("").alias("conversation_id"), pl.lit(0).alias("turn"))
    turns = content.cast(pl.String).to_frame("content").with_columns(*one)
    found = {row: len(spans) for row, _, _, spans in _suspected(turns, chosen(kinds))}
    counts = [found.get(row, 0) for row in range(content.len())]
    return pl.Series("personal_data", counts, dtype=pl.UInt32)


def chosen(kinds: Sequence[str]) -> list[Detector]:
    """The detectors of these kinds, in order of precedence."""
    if unknown := sorted(set(kinds) - set(KINDS)):
        known = ", ".join(KINDS)
        raise UserError(f"clean.redact: {', '.join(unknown)}: no such kind; known are {known}")
    return [detector for detector in DETECTORS if detector.kind in kinds]


def findings(text: str, detectors: Sequence[Detector]) -> list[Finding]:
    """Values in `text` as (start, end, detector), in order.

    Taking a value out can uncover another right beside it, so this goes on until none is left.
    """
    found: list[Finding] = []
    while True:
        before = len(found)
        for detector in detectors:
            spans = detector.spans(text)
            text = blanked(text, spans) if spans else text
            found += [(start, end, detector) for start, end in spans]
        if len(found) == before:
            return sorted(found, key=lambda finding: finding[0])


def _suspected(
    turns: pl.DataFrame, detectors: Sequence[Detector]
) -> Iterator[tuple[int, str, str, list[Finding]]]:
    """Row, conversation, content and findings of every turn that has any, in order of turns."""
    asked = suspicions(turns["content"], detectors)
    if not asked:
        return
    rows = (
        turns.lazy()
        .select("conversation_id", "turn", "content")
        .with_row_index("row")
        .filter(pl.col("row").is_in(list(asked)))
        .sort("conversation_id", "turn")
        .collect()
    )
    for row, conversation, _, content in rows.iter_rows():
        if found := findings(content, [detectors[at] for at in sorted(asked[row])]):
            yield row, conversation, content, found


def suspicions(content: pl.Series, detectors: Sequence[Detector]) -> dict[int, list[int]]:
    """Which rows to read, and the places of the detectors to ask there.

    What is cheap comes first: digits are counted for many detectors at a time, then words are
    looked for, and only where these are do the shapes of single detectors matter.
    """
    groups: dict[tuple[int, tuple[str, ...]], list[int]] = defaultdict(list)
    for at, detector in enumerate(detectors):
        groups[detector.digits, detector.words].append(at)
    tables = _by_digits(content, sorted({digits for digits, _ in groups}))
    gates = {digits: _gate(tables[digits], digits, groups) for digits in tables}

    def group(key: tuple[int, tuple[str, ...]]) -> list[tuple[int, list[int]]]:
        digits, words = key
        table = (gates if words else tables)[digits]
        if words and table.height > _FEW:
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
    if not words or table.height <= _FEW:
        return table
    return table.filter(holds_word(table["content"], tuple(sorted(words))))


def _by_digits(content: pl.Series, counts: Sequence[int]) -> dict[int, pl.DataFrame]:
    """Row and content of the texts with at least so many digits, for each of the counts, rising."""
    table = pl.DataFrame({"content": content}).with_row_index("row")
    tables = {}
    for count in counts:
        table = table.filter(holds_digits(table["content"], count)) if count else table
        tables[count] = table
    return tables


def _shaped(table: pl.DataFrame, detector: Detector) -> pl.DataFrame:
    if detector.also and table.height > _FEW:
        table = table.filter(holds_word(table["content"], detector.also))
    return table.filter(table["content"].str.contains(detector.shape)) if detector.shape else table


class _Names:
    """The numbers that values have in their conversation."""

    def __init__(self, taken: dict[tuple[str, str], int]) -> None:
        self._last = defaultdict(int, taken)
        self._numbers: dict[tuple[str, str, str], int] = {}

    def replace(self, conversation: str, content: str, found: Sequence[Finding]) -> str:
        """`content` with every finding replaced by its placeholder."""
        pieces, position = [], 0
        for start, end, detector in found:
            number = self._number(conversation, detector, content[start:end])
            pieces += [content[position:start], f"[{detector.kind.upper()}_{number}]"]
            position = end
        return "".join([*pieces, content[position:]])

    def _number(self, conversation: str, detector: Detector, value: str) -> int:
        key = (conversation, detector.kind, detector.key(value))
        if key not in self._numbers:
            self._last[key[:2]] += 1
            self._numbers[key] = self._last[key[:2]]
        return self._numbers[key]


def _taken(turns: pl.DataFrame) -> dict[tuple[str, str], int]:
    """The highest number of a kind among the placeholders that a conversation already has."""
    content = pl.col("content")
    rows = turns.filter(content.str.contains(_PLACEHOLDER)).select(
        "conversation_id", content.str.extract_all(_PLACEHOLDER)
    )
    taken: dict[tuple[str, str], int] = {}
    for conversation, placeholders in rows.iter_rows():
        for placeholder in placeholders:
            kind, _, number = placeholder[1:-1].lower().rpartition("_")
            taken[conversation, kind] = max(taken.get((conversation, kind), 0), int(number))
    return taken


def _replaced(content: pl.Series, rows: Sequence[int], values: Sequence[str]) -> pl.Series:
    """`content` with other values in these rows."""
    if not rows:
        return content
    new = pl.DataFrame({"row": rows, "new": values}, schema={"row": pl.UInt32, "new": pl.String})
    table = content.to_frame("old").with_row_index("row").join(
        new, on="row", how="left", maintain_order="left"
    )
    return table.select(pl.coalesce("new", "old").alias(content.name)).to_series()
