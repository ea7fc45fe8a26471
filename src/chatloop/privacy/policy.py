r"""What the user says about privacy beyond the kinds: own patterns, and what stays.

    patterns  {"order_number": "ORD-\d{6}"}     ORD-482913          →  [ORDER_NUMBER_1]
    values    ("help@shop.example",)            help@shop.example   →  help@shop.example
    domains   ("shop.example",)                 anna@shop.example   →  anna@shop.example

Own patterns are found by Polars' regex engine alone, whose time is linear in the text whatever the
pattern, and before every other kind.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from chatloop.errors import UserError
from chatloop.privacy.detector import Detector, Span
from chatloop.privacy.kinds import KINDS

# Private-use characters set around what a pattern matches; they are not in a text that has a name.
_OPEN, _CLOSE = "\ue0f1", "\ue0f2"


Finding = tuple[int, int, Detector]


@dataclass(frozen=True)
class Policy:
    """`patterns` by name, Rust regexes; `values` and `domains` are compared without case."""

    patterns: Mapping[str, str] = field(default_factory=dict)
    values: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()

    def allows(self, detector: Detector, value: str) -> bool:
        """Whether the user wants this value to stay; a number however it is grouped."""
        if not self.values and not self.domains:
            return False
        if value.casefold() in {one.casefold() for one in self.values}:
            return True
        key = detector.key(value)
        if key in {detector.key(one) for one in self.values if _of(detector, one)}:
            return True
        host = value.casefold().rpartition("@")[2] if detector.kind == "email" else ""
        domains = [domain.casefold().lstrip("@") for domain in self.domains]
        return any(host == domain or host.endswith(f".{domain}") for domain in domains)

    @property
    def own(self) -> dict[str, Detector]:
        """A detector for each pattern; it is asked through `own_spans`.

        Raises:
            UserError: a pattern is no regex of Polars, matches nothing at all, or has a name that
                is taken.
        """
        return {name: _own(name, pattern) for name, pattern in self.patterns.items()}


NO_POLICY = Policy()


def _of(detector: Detector, value: str) -> bool:
    return any(character.isalnum() for character in detector.key(value)) and bool(
        detector.spans(value)
    )


def _own(name: str, pattern: str) -> Detector:
    where = f"clean.patterns.{name}"
    if name in KINDS:
        raise UserError(f"{where}: is the name of a kind that chatloop has; take another")
    try:
        empty = pl.Series([""]).str.contains(pattern)[0]
    except pl.exceptions.PolarsError as error:
        # The last such line of the engine's message says what is wrong; others draw the pattern.
        whys = [line for line in str(error).splitlines() if line.startswith("error: ")]
        why = whys[-1].removeprefix("error: ") if whys else "the engine refuses it"
        raise UserError(f"{where}: {pattern!r} is no pattern ({why})") from error
    if empty:
        raise UserError(f"{where}: {pattern!r} matches nothing at all; ask for one character")
    return Detector(name, (), shape=pattern)  # type: ignore[arg-type]


def own_spans(content: pl.Series, detector: Detector) -> dict[int, list[Span]]:
    """Where a pattern of the user's matches, by row; placeholders are not looked into."""
    plain = content.str.replace_all(f"[{_OPEN}{_CLOSE}]", " ")
    marked = plain.str.replace_all(f"({detector.shape})", f"{_OPEN}${{1}}{_CLOSE}")
    rows = (marked != plain).fill_null(value=False).arg_true()
    return {row: spans for row in rows if (spans := _spans(marked[row]))}


def _spans(marked: str) -> list[Span]:
    """The spans of what stands between the marks, counted without them."""
    spans, position = [], 0
    for piece in re.split(f"({_OPEN}[^{_CLOSE}]*{_CLOSE})", marked):
        inside = piece.startswith(_OPEN)
        length = len(piece) - 2 if inside else len(piece)
        if inside and length and not re.search(r"\[[A-Z0-9_]+\]", piece):
            spans.append((position, position + length))
        position += length
    return spans
