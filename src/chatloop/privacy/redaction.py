"""Personal data out of a turns table, placeholders in.

    shop-00007 │ 0 │ I am anna@example.org, born 4 March 1985
               →     I am [EMAIL_1], born [DATE_OF_BIRTH_1]

Numbers count the values of a kind in order of appearance, conversation by conversation, so that the
same value stays the same word and two values stay two. Polars asks the suspicions of the detectors
of every turn; Python reads only the suspected ones.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import polars as pl

from chatloop.errors import UserError
from chatloop.privacy.detector import Detector, Span
from chatloop.privacy.detectors import DETECTORS
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.policy import NO_POLICY, Finding, Policy
from chatloop.privacy.suspecting.echoes import without_echoes
from chatloop.privacy.suspecting.reading import found_in


class Redaction(NamedTuple):
    """The turns with placeholders, values replaced by kind, and what each placeholder stands for.

    A row of `mapping` is (conversation_id, placeholder, value): it never leaves the machine.
    """

    turns: pl.DataFrame
    counts: dict[str, int]
    mapping: list[tuple[str, str, str]]


def redact(turns: pl.DataFrame, kinds: Sequence[str], policy: Policy = NO_POLICY) -> Redaction:
    """The same turns with placeholders, and how many values of each kind they replaced.

    Redacting twice changes nothing more. A placeholder that was there before keeps its meaning: new
    ones go on counting after it.

    Raises:
        UserError: a kind is not known, or a pattern of the user's is none.
    """
    detectors, own = chosen(kinds), policy.own
    names = _Names(_taken(turns, [*KINDS, *own]))
    rows, contents = [], []
    values: list[str] = []
    for row, conversation, content, found in _suspected(turns, detectors, policy):
        rows.append(row)
        contents.append(names.replace(conversation, content, found))
        values += [detector.kind for _, _, detector in found]
    redacted = turns.with_columns(_replaced(turns["content"], rows, contents))
    redacted, echoes = without_echoes(redacted, names.mapping)
    counts = Counter(values) + echoes
    asked = dict.fromkeys([*own, *(detector.kind for detector in detectors)])
    return Redaction(redacted, {kind: counts[kind] for kind in asked}, names.mapping)


def redact_people(
    turns: pl.DataFrame, people: Callable[[str], Iterable[Span]], policy: Policy = NO_POLICY
) -> Redaction:
    """As `redact`, of what a model takes for a person's name outside of placeholders."""
    detector = next(one for one in DETECTORS if one.kind == "person")
    names = _Names(_taken(turns, ["person"]))
    rows, contents, count = [], [], 0
    ordered = turns.with_row_index("row").sort("conversation_id", "turn")
    for row, conversation, content in ordered.select("row", "conversation_id", "content").rows():
        spans = [(a, b) for a, b in people(content) if not set("[]_") & set(content[a:b])]
        found = [(a, b, detector) for a, b in spans if not policy.allows(detector, content[a:b])]
        if found:
            rows.append(row)
            contents.append(names.replace(conversation, content, found))
            count += len(found)
    redacted = turns.with_columns(_replaced(turns["content"], rows, contents))
    return Redaction(redacted, {"person": count}, names.mapping)


def count_personal_data(
    content: pl.Series, kinds: Sequence[str], policy: Policy = NO_POLICY
) -> pl.Series:
    """How many values of these kinds each text holds (UInt32); a placeholder is none.

    Raises:
        UserError: a kind is not known, or a pattern of the user's is none.
    """
    found = values_in(content, kinds, policy)
    counts = [len(found.get(row, ())) for row in range(content.len())]
    return pl.Series("personal_data", counts, dtype=pl.UInt32)


def values_in(
    content: pl.Series, kinds: Sequence[str], policy: Policy = NO_POLICY
) -> dict[int, list[Finding]]:
    """By row, the values of these kinds in each text that holds any.

    Raises:
        UserError: a kind is not known, or a pattern of the user's is none.
    """
    one = (pl.lit("").alias("conversation_id"), pl.lit(0).alias("turn"))
    turns = content.cast(pl.String).fill_null("").to_frame("content").with_columns(*one)
    suspected = _suspected(turns, chosen(kinds), policy)
    return {row: found for row, _, _, found in suspected}


def chosen(kinds: Sequence[str]) -> list[Detector]:
    """The detectors of these kinds, in order of precedence."""
    if unknown := sorted(set(kinds) - set(KINDS)):
        known = ", ".join(KINDS)
        raise UserError(f"clean.redact: {', '.join(unknown)}: no such kind; known are {known}")
    return [detector for detector in DETECTORS if detector.kind in kinds]


def _suspected(
    turns: pl.DataFrame, detectors: Sequence[Detector], policy: Policy
) -> Iterator[tuple[int, str, str, list[Finding]]]:
    """Row, conversation, content and findings of every turn that has any, in order of turns."""
    found = found_in(turns["content"], detectors, policy)
    places = pl.Series("row", sorted(found), dtype=pl.UInt32)
    rows = (
        turns.select(pl.col("conversation_id", "turn", "content").gather(places))
        .with_columns(places)
        .sort("conversation_id", "turn")
    )
    for conversation, _, content, row in rows.iter_rows():
        yield row, conversation, content, found[row]


class _Names:
    """The numbers that values have in their conversation."""

    def __init__(self, taken: dict[tuple[str, str], int]) -> None:
        self._last = defaultdict(int, taken)
        self._numbers: dict[tuple[str, str, str], int] = {}
        self.mapping: list[tuple[str, str, str]] = []

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
            placeholder = f"[{detector.kind.upper()}_{self._numbers[key]}]"
            self.mapping.append((conversation, placeholder, value))
        return self._numbers[key]


def _taken(turns: pl.DataFrame, kinds: Sequence[str]) -> dict[tuple[str, str], int]:
    """The highest number of a kind among the placeholders that a conversation already has."""
    content = pl.col("content")
    placeholder = rf"\[(?:{'|'.join(kinds).upper()})_[0-9]{{1,9}}\]"
    rows = (
        turns.filter(content.str.contains("[", literal=True))
        .filter(content.str.contains(placeholder))
        .select("conversation_id", content.str.extract_all(placeholder))
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
    return content.clone().scatter(rows, values)
