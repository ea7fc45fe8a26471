r"""A detector: how one kind of personal data is suspected, found, checked and told apart.

    card   suspect  (?:[0-9][ .-]?){13}     cheap, over every turn, in Rust
           pattern  …4539 5787 6362 1486…   exact, on the few suspected turns
           length   Luhn                    how much of the match is a real value; 0: none of it
           key      4539578763621486        equal keys are the same value, however it is written

The suspicion must hold wherever the pattern can match, in whatever surroundings. Patterns keep
their time linear in the length of the text: every repetition is bounded or possessive.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chatloop.privacy.kinds import Kind

Span = tuple[int, int]


@dataclass(frozen=True)
class Detector:
    """`suspect` is a Polars (Rust) regex; a group in a pattern is the value, the rest context."""

    kind: Kind
    suspect: str
    patterns: tuple[re.Pattern[str], ...]
    length: Callable[[str], int] = len
    key: Callable[[str], str] = str.casefold

    def spans(self, text: str) -> list[Span]:
        """Where values stand, in order, none overlapping another."""
        found: list[Span] = []
        for pattern in self.patterns:
            if found:
                text = blanked(text, found)
            found = sorted([*found, *self._spans(pattern, text)])
        return found

    def _spans(self, pattern: re.Pattern[str], text: str) -> Iterator[Span]:
        group, position = min(pattern.groups, 1), 0
        while match := pattern.search(text, position):
            start, end = match.span(group)
            length = self.length(text[start:end])
            # A failed checksum may hide a value that starts a little later.
            position = start + length if length else match.start() + 1
            if length:
                yield start, start + length


def blanked(text: str, spans: list[Span]) -> str:
    """`text`, as long as before, with every span as opaque as the placeholder to come."""
    pieces, position = [], 0
    for start, end in spans:
        pieces += [text[position:start], "[", "_" * (end - start - 2), "]"]
        position = end
    return "".join([*pieces, text[position:]])


def digits(text: str) -> str:
    """The digits alone: the key of numbers that people group as they like."""
    return "".join(filter(str.isdecimal, text))


def alphanumeric(text: str) -> str:
    """Letters and digits, upper case."""
    return "".join(filter(str.isalnum, text)).upper()
