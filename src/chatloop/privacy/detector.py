r"""A detector: how one kind of personal data is suspected, found, checked and told apart.

    card   digits   13                        so many are in the text, wherever they stand
           shape    (?:[0-9][ .-]?){13}       cheap, over what is left, in Rust
           pattern  …4539 5787 6362 1486…     exact, on the few suspected turns
           length   Luhn                      how much of the match is a real value; 0: none of it
           key      4539578763621486          equal keys are the same value, however it is written

The suspicion must hold wherever the pattern can match, in whatever surroundings. Patterns keep
their time linear in the length of the text: every repetition is bounded or possessive.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from chatloop.privacy.kinds import Kind

Span = tuple[int, int]


@dataclass(frozen=True)
class Detector:
    """Suspected is a text with so many `digits`, one of the `words` and the `shape`, where given.

    A word of small letters is sought in any case, one with capitals as it is. `shape` is a Polars
    (Rust) regex; `sketch`, a small one, is asked before a large one. A group in a pattern is the
    value, the rest context.
    """

    kind: Kind
    patterns: tuple[re.Pattern[str], ...]
    digits: int = 0
    words: tuple[str, ...] = ()
    shape: str = ""
    length: Callable[[str], int] = len
    key: Callable[[str], str] = str.casefold
    sketch: str = ""

    @cached_property
    def hint(self) -> str:
        """A Rust regex of what a text must have: one of the words, or the sketch, or the shape."""
        if not self.words:
            return self.sketch or self.shape
        small = [_literal(word) for word in self.words if word == word.lower()]
        capital = [_literal(word) for word in self.words if word != word.lower()]
        return "|".join([f"(?i:{'|'.join(small)})"] * bool(small) + capital)

    def spans(self, text: str) -> list[Span]:
        """Where values stand, in order, none overlapping another."""
        found: list[Span] = []
        for pattern in self.patterns:
            if found:
                text = blanked(text, found)
            if self.digits and not _enough(self.digits).search(text):
                break
            more = list(self._spans(pattern, text))
            found = sorted([*found, *more]) if found and more else found or more
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


def _literal(word: str) -> str:
    """For Rust, which takes no escape without need."""
    return re.sub(r"[.*+?()\[\]{}|^$\\]", r"\\\g<0>", word)


@cache
def _enough(digits: int) -> re.Pattern[str]:
    return re.compile(r"[0-9]" + rf"(?:[^0-9]*+[0-9]){{{digits - 1}}}")


def blanked(text: str, spans: list[Span]) -> str:
    """`text`, as long as before, with every span as opaque as the placeholder to come."""
    pieces, position = [], 0
    for start, end in spans:
        opaque = f"[{'_' * (end - start - 2)}]"
        pieces += [text[position:start], opaque[: end - start]]
        position = end
    return "".join([*pieces, text[position:]])


def digits(text: str) -> str:
    """The digits alone: the key of numbers that people group as they like."""
    return "".join(filter(str.isdecimal, text))


def alphanumeric(text: str) -> str:
    """Letters and digits, upper case."""
    return "".join(filter(str.isalnum, text)).upper()
