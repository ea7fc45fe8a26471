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
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

from chatloop.privacy.kinds import Kind

Span = tuple[int, int]

# So many characters before a value are read again without it.
_BACK = 128
# Most national numbers have more digits, most addresses and dates fewer.
_MANY_DIGITS = 6
_DIGIT = re.compile("[0-9]").search


@dataclass(frozen=True)
class Detector:
    """Suspected is a text with so many `digits`, one of the `words` and the `shape`, where given.

    A word of small letters is sought in any case, one with capitals as it is. `shape` is a Polars
    (Rust) regex; `sketch`, a small one, is asked before a large one. A group in a pattern is the
    value, the rest context. Where `sure`, quick to tell, does not hold, no pattern matches.
    """

    kind: Kind
    patterns: tuple[re.Pattern[str], ...]
    digits: int = 0
    words: tuple[str, ...] = ()
    shape: str = ""
    length: Callable[[str], int] = len
    key: Callable[[str], str] = str.casefold
    sketch: str = ""
    sure: Callable[[str], object] = bool

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """Rust regexes that a suspected text matches all of, in the order in which to ask them.

        Words are small and quickly sought. But what has many digits has a shape that is rare, and
        its words are such that every number stands beside one: no, id, number.
        """
        first = self._named or self.sketch or self.shape
        both = (first, self.shape) if self.shape and self.shape != first else (first,)
        return both[::-1] if self.digits >= _MANY_DIGITS else both

    @property
    def _named(self) -> str:
        """A Rust regex of the words."""
        small = [_literal(word) for word in self.words if word == word.lower()]
        capital = [_literal(word) for word in self.words if word != word.lower()]
        return "|".join([f"(?i:{'|'.join(small)})"] * bool(small) + capital)

    @cached_property
    def enough(self) -> Callable[[str], object]:
        """Whether a text has the digits."""
        more = rf"(?:[^0-9]*+[0-9]){{{self.digits - 1}}}"
        return re.compile(f"[0-9]{more}").search if self.digits else bool

    def likely(self, text: str) -> bool:
        """Whether a pattern may match: of what is read again most is taken out by now."""
        return bool(self.enough(text) and self.sure(text))

    def spans(self, text: str) -> list[Span]:
        """Where values stand, in order, none overlapping another."""
        return self.take(text)[1]

    def take(self, text: str) -> tuple[str, list[Span]]:
        """`text` with the values opaque, and where they stood, in order."""
        found: list[Span] = []
        if self.likely(text):
            for pattern in self.patterns:
                if match := pattern.search(text):
                    text, rest = self._take(match, text, found)
                    if not rest:
                        break
        return text, sorted(found) if len(found) > 1 else found

    def _take(
        self, match: re.Match[str] | None, text: str, found: list[Span]
    ) -> tuple[str, object]:
        """The same from the first match of a pattern on, and whether another may match."""
        assert match
        search = match.re.search
        group = 1 if match.re.groups else 0
        while match:
            start, end = match.span(group)
            if length := self.length(text[start:end]):
                end = start + length
                found.append((start, end))
                text = f"{text[:start]}{_opaque(length)}{text[end:]}"
                if not self.enough(text):
                    return text, False
                # One that ends right before may have seemed to go on.
                back = max(0, start - _BACK)
                seen = not self.digits or _DIGIT(text, back, start)
                match = search(text, back if seen else end)
            else:
                # A failed checksum may hide a value that starts a little later.
                match = search(text, match.start() + 1)
        return text, True


def _literal(word: str) -> str:
    """For Rust, which takes no escape without need."""
    return re.sub(r"[.*+?()\[\]{}|^$\\]", r"\\\g<0>", word)


@cache
def _opaque(length: int) -> str:
    return f"[{'_' * (length - 2)}]"[:length]


def blanked(text: str, spans: list[Span]) -> str:
    """`text`, as long as before, with every span as opaque as the placeholder to come."""
    pieces, position = [], 0
    for start, end in spans:
        pieces += [text[position:start], _opaque(end - start)]
        position = end
    return "".join([*pieces, text[position:]])


def digits(text: str) -> str:
    """The digits alone: the key of numbers that people group as they like."""
    return "".join(filter(str.isdecimal, text))


def alphanumeric(text: str) -> str:
    """Letters and digits, upper case."""
    return "".join(filter(str.isalnum, text)).upper()
