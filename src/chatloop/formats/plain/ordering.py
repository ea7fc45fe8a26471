"""Rows by what their column says of their order: numbers, times, or texts of one shape.

["10", "9"]  →  [10, 9]        ["2026-01-05T10:00:00+02:00", …]  →  moments
["1/2/2026 9:05", …]  →  None: January or February, and as text 10:00 comes first
"""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]{1,9})?")
_ISO = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}(?:[T ].{4,40})?")
_DIGIT = re.compile("[0-9]")
# Days before years sort as nothing, and neither does a clock of twelve hours.
_UNSORTED = re.compile(r"0[./-]0|(?<![a-z])[ap]\.?m(?![a-z])", re.IGNORECASE)


def ranks(values: Sequence[object]) -> list[Any] | None:
    """What rows sort by, in their order; None where that would be a guess."""
    for one in (_numbers, _moments, _alike):
        if (found := one(values)) is not None:
            return found
    return None


def _numbers(values: Sequence[object]) -> list[Any] | None:
    texts = [
        f"{value}".strip() if type(value) is float or isinstance(value, str) else value
        for value in values
    ]
    if not all(type(t) is int or (isinstance(t, str) and _NUMBER.fullmatch(t)) for t in texts):
        return None
    return [text if isinstance(text, int) else Decimal(str(text)) for text in texts]


def _moments(values: Sequence[object]) -> list[Any] | None:
    """Times, all of them with a zone or none; Parquet has them as such, and text by ISO 8601."""
    moments = [value if isinstance(value, datetime) else _moment(value) for value in values]
    zones = {moment is not None and moment.tzinfo is not None for moment in moments}
    return moments if None not in moments and len(zones) == 1 else None


def _moment(value: object) -> datetime | None:
    text = value.strip().removesuffix(" UTC") if isinstance(value, str) else ""
    if not _ISO.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _alike(values: Sequence[object]) -> list[Any] | None:
    """Texts that differ in their digits alone: turn-01, turn-02."""
    texts = [value.strip() for value in values if isinstance(value, str)]
    shapes = {_DIGIT.sub("0", text) for text in texts}
    sortable = len(texts) == len(values) and len(shapes) == 1 and "0" in min(shapes)
    return texts if sortable and not _UNSORTED.search(min(shapes)) else None
