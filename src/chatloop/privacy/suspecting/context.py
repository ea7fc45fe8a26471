r"""A value beside a word that says what it is.

    my PESEL, as you asked, is 44051401359     near(words, shape)
    44051401359 (PESEL)                        before(words, shape)

A shape stands in a group of its own and is never part of a longer word or number. What lies between
word and value has no digit and is of bounded length, so that time stays linear.
"""

import re

from chatloop.privacy.suspecting.leading import any_of, led

# A class of signs, and how far from the beginning of a shape one of it must stand.
Lead = tuple[str, int]
DIGIT: Lead = ("[0-9]", 0)

# Chinese and Japanese put no blank between a word and a number, so that only letters with cases
# make a longer word.
_NOT_INSIDE = r"(?<![0-9A-Za-zÀ-ɏ])(?<![0-9][-.,/:])"
_NOT_LONGER = r"(?![0-9A-Za-zÀ-ɏ]|[-.,/:][0-9])"
# Of grouped digits that nothing names no other may stand one blank away.
_ALONE = (r"(?<![0-9] )(?<![+$€£])", r"(?! [0-9])")
# The value may stand on the next line.
_GAP = r"[^0-9\n]{0,40}?(?:\n[\n >*-]{0,3})?"
_TOLD = r"[ ,:(=\"'<>«‹*|—–←→-]{1,4}(?:[^\W\d_]{1,8}[ ,:(\"'-]{1,2}){0,3}"


def standing(shape: str, lead: Lead = DIGIT) -> re.Pattern[str]:
    """The shape alone, whatever is around it."""
    alone = f"{_NOT_INSIDE}{_ALONE[0]}({shape}){_NOT_LONGER}{_ALONE[1]}"
    return _compiled(led(lead[0], alone, lead[1]))


def bare(shape: str, lead: Lead = DIGIT) -> re.Pattern[str]:
    """What `near` and `before` ask of the shape, without the word: quickly told."""
    return _compiled(led(lead[0], f"{_NOT_INSIDE}({shape}){_NOT_LONGER}", lead[1]))


def near(words: str, shape: str, gap: str = _GAP) -> re.Pattern[str]:
    """The shape after one of the words, at most some forty characters on."""
    return _compiled(rf"\b{any_of(words)}(?![^\W\d_]){gap}{_NOT_INSIDE}({shape}){_NOT_LONGER}")


def before(words: str, shape: str) -> re.Pattern[str]:
    """The shape, and one of the words at most three words on."""
    return _compiled(rf"{_NOT_INSIDE}({shape}){_NOT_LONGER}(?={_TOLD}\b(?:{words})(?![^\W\d_]))")


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
