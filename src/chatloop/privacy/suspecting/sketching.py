"""Which shapes of numbers a text may hold, told without their classes of signs.

    My SSN is 536-22-8145   →   aa aaa aa 000-00-0000
    [0-9]{3}-[0-9]{2}-[0-9]{4}   →   000-00-0000

Most shapes begin with the same few classes, which Python's engine compares sign by sign. In the
sketch of a text they begin with literals, which it seeks quickly, and one sketch is for all shapes.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import takewhile
from string import ascii_letters, digits

from chatloop.privacy.suspecting.leading import alternatives

# Of Latin-1; what is beyond is no part of a number, and no letter beside one.
_LETTERS = bytes({*ascii_letters.encode(), *range(0xC0, 0x100)})
_TABLE = bytes.maketrans(digits.encode() + _LETTERS, b"0" * len(digits) + b"a" * len(_LETTERS))
_TOKEN = re.compile(r"\\.|\[[^\]]*\]|\(\?:|\{[0-9,]+\}|.")
_SAME = re.compile(r"\(\?:([0a]+)(?:\|\1)+\)(?![?{])")
_RANGE = re.compile(r"\\.|.-.|.")
_SURE = re.compile(r"(?:[0a](?![?{]))*")
_ENDS = ("(?![0a]|[-.,/:]0)", "(?![0a]|[-.,/:]0| 0)")


def sketched(shape: str, alone: bool = False) -> Callable[[str], object]:
    """Whether a text may hold the shape, apart from letters and digits, `alone` from numbers, too.

    A shape is of classes, literals, groups and bounded repetitions.
    """
    ways = alternatives(_plain(shape))
    first = _beginning(ways)
    before = f"(?<![0a]{first})(?<!0[-.,/:]{first})" + f"(?<!0 {first})(?<![+$]{first})" * alone
    rest = "|".join(way[len(first) :] for way in ways)
    seek = re.compile(f"{first}{before}(?:{rest}){_ENDS[alone]}".encode()).search
    return lambda text: seek(_sketch(text))


def _beginning(ways: list[str]) -> str:
    """The digits and letters that all begin with; none that may be left out."""
    sure = [match[0] for way in ways if (match := _SURE.match(way))]
    same = takewhile(lambda signs: len(set(signs)) == 1, zip(*sure, strict=False))
    return "".join(signs[0] for signs in same)


@lru_cache(maxsize=4)
def _sketch(text: str) -> bytes:
    return text.encode("latin-1", "replace").translate(_TABLE)


def _plain(shape: str) -> str:
    """The shape with 0 for what may be a digit, a for a letter, and those written one by one."""
    pieces: list[str] = []
    for token in _TOKEN.findall(shape):
        if token.startswith("[") and len(token) > 1:
            pieces.append(_class(token[1:-1]))
        elif token.startswith("{") and pieces[-1] in ("0", "a"):
            least, _, most = token[1:-1].partition(",")
            more = int(most or least) - int(least)
            pieces[-1] = pieces[-1] * int(least) + f"{pieces[-1]}?" * more
        else:
            pieces.append("0" if token.isdigit() else "a" if token.isalpha() else token)
    plain = "".join(pieces)
    while plain != (plain := _SAME.sub(r"\1", plain)):
        pass
    return plain


def _class(inside: str) -> str:
    signs = {
        "0" if one[-1].isdigit() else "a" if one[-1].isalpha() else one
        for one in _RANGE.findall(inside)
    }
    ordered = sorted(signs, key=lambda one: (one == "-", one))
    return ordered[0] if signs <= {"0", "a"} and len(signs) == 1 else f"[{''.join(ordered)}]"
