"""Personal data out of a turns table, placeholders in.

    shop-00007 │ 0 │ I am anna@example.org, born 4 March 1985
               →     I am [EMAIL_1], born [DATE_OF_BIRTH_1]

Numbers count the values of a kind in order of appearance, conversation by conversation, so that the
same value stays the same word and two values stay two. Polars asks the suspicions of the detectors
of every turn; Python reads only the suspected ones.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import polars as pl

from chatloop.errors import UserError
from chatloop.privacy.account import API_KEY, CARD, IBAN, URL_CREDENTIALS
from chatloop.privacy.contact import EMAIL, PHONE
from chatloop.privacy.detector import Detector, blanked
from chatloop.privacy.identity import DATE_OF_BIRTH, GEO, UK_NINO, US_SSN
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.machine import IPV4, IPV6, MAC

# In order of precedence, the order of KINDS.
DETECTORS = (
    URL_CREDENTIALS,
    API_KEY,
    EMAIL,
    IBAN,
    CARD,
    MAC,
    IPV6,
    IPV4,
    US_SSN,
    UK_NINO,
    DATE_OF_BIRTH,
    GEO,
    PHONE,
)
_PLACEHOLDER = rf"\[(?:{'|'.join(KINDS).upper()})_[0-9]{{1,9}}\]"
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
    if not detectors:
        return
    flags = [pl.col("content").str.contains(detector.suspect) for detector in detectors]
    suspects = pl.concat_list(flags).alias("suspects")
    rows = (
        turns.lazy()
        .select("conversation_id", "turn", "content", suspects)
        .with_row_index("row")
        .filter(pl.col("suspects").list.any())
        .sort("conversation_id", "turn")
        .collect()
    )
    for row, conversation, _, content, suspected in rows.iter_rows():
        asked = [detector for detector, yes in zip(detectors, suspected, strict=True) if yes]
        if found := findings(content, asked):
            yield row, conversation, content, found


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
    changed = dict(zip(rows, values, strict=True))
    if not changed:
        return content
    every = [changed.get(row, text) for row, text in enumerate(content)]
    return pl.Series(content.name, every, dtype=pl.String)
