"""Texts made comparable: what a reader would not call a difference is none.

plain("It’s  FREE")                       →  "it's free"
similarity("Order #1 left", "order #2 left!")  →  1.0
"""

import re
import unicodedata
from collections import Counter

_QUOTES = str.maketrans({"‘": "'", "’": "'", "‚": "'", "′": "'", "“": '"', "”": '"', "„": '"'})
_WORD = re.compile(r"[^\W_]++(?:'[^\W_]++)*+")
_DIGITS = re.compile(r"[0-9]++(?:[.,][0-9]++)*+")


def plain(text: str, case_sensitive: bool = False) -> str:
    """NFKC (UAX #15), straight quotes, single blanks, and small letters unless said otherwise."""
    straight = " ".join(unicodedata.normalize("NFKC", text).translate(_QUOTES).split())
    return straight if case_sensitive else straight.casefold()


def words(text: str) -> list[str]:
    """Runs of letters and digits, an apostrophe inside included."""
    return _WORD.findall(plain(text))


def similarity(one: str, other: str) -> float:
    """Dice coefficient of the words (Dice 1945), 0 to 1; numbers are all alike, order is none."""
    ours, theirs = _bag(one), _bag(other)
    size = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / size if size else 0.0


def _bag(text: str) -> Counter[str]:
    return Counter(_WORD.findall(_DIGITS.sub("0", plain(text))))
