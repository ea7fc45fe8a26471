r"""The same patterns, told sooner that they do not match.

    (?<!\w)([0-9]{3}-…)      →  [0-9](?<=(?=(?<!\w)([0-9]{3}-…)).)     tried at digits alone
    spoke to|ask for|spent   →  [Ss](?:poke to|pent)|[Aa](?:sk for)    two questions, not three

Python's engine skips quickly to a class of signs that a pattern begins with, and past the branches
of an alternative that begin with another; it does neither where an assertion stands first or where
case is ignored, which is how most patterns here begin.
"""

import re
import string

# Letters that are one of ASCII where case is ignored.
_MORE = {"s": "ſ", "k": "\u212a", "i": "İı"}
LETTER, SIGN = "[A-Za-zſ\u212aİı]", "[0-9A-Za-zſ\u212aİı]"
# Behind a sign of a regex, what says how often it stands.
_OFTEN = ("?", "*", "+", "{")
_GROUP = "(?:"
_APART = re.compile(r"\(\?<!(\[[^\]]+\]|\\w)\)")


def led(first: str, pattern: str, before: int = 0) -> str:
    """The pattern, tried only where the class of signs `first` fits, `before` signs from its start.

    Its first group, or all of it where it has none, stays the value. An inline flag for the whole
    pattern is none that a part may have: `(?i:…)`. What it first says may not stand before it is
    asked right away, so that the inside of a word costs little.
    """
    apart = _APART.match(pattern)
    rest = pattern[apart.end() :] if apart else pattern
    value = rest if re.compile(pattern).groups else f"({rest})"
    skipped = rf"[\s\S]{{{before + 1}}}"
    alone = f"(?<!{apart[1]}{skipped})" if apart else ""
    return f"(?-i:{first}){alone}(?<=(?={value}){skipped})"


def any_of(words: str) -> str:
    """The alternatives, in any case, of those that begin with the same letter one.

    What begins with one letter cannot begin with another, so that their order does not matter.
    """
    branches: list[str] = []
    groups: dict[str, list[str]] = {}
    for word in alternatives(words):
        if letter := _letter(word):
            groups.setdefault(letter, []).append(word[1:])
            continue
        # What may begin with any letter stays where it is.
        branches += [*map(_branch, groups.items()), _inner(word)]
        groups = {}
    return f"(?i:{'|'.join([*branches, *map(_branch, groups.items())])})"


def _branch(group: tuple[str, list[str]]) -> str:
    letter, rests = group
    ours = letter in string.ascii_letters
    first = f"(?-i:[{letter}{letter.upper()}{_MORE.get(letter, '')}])" if ours else letter
    return f"{first}(?:{'|'.join(rests)})"


def _letter(word: str) -> str:
    """The letter that it begins with, small; none where it may begin with others."""
    return "" if not word[:1].isalpha() or word[1:2] in _OFTEN else word[0].lower()


def _inner(word: str) -> str:
    """The word, and the alternatives that it begins with likewise told by their first letters."""
    if not word.startswith(_GROUP):
        return word
    end = next(at for at, depth in _depths(word) if word[at] == ")" and not depth)
    return any_of(word[len(_GROUP) : end]) + word[end + 1 :]


def alternatives(words: str) -> list[str]:
    """What stands between the bars that are in no group, class or escape."""
    bars = [at for at, depth in _depths(words) if words[at] == "|" and not depth]
    return [words[a + 1 : b] for a, b in zip([-1, *bars], [*bars, len(words)], strict=True)]


def _depths(pattern: str) -> list[tuple[int, int]]:
    """The signs outside of classes and escapes, and in how many groups each is."""
    found, depth = [], 0
    for one in re.finditer(r"\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|[\s\S]", pattern):
        if len(one[0]) == 1:
            depth -= one[0] == ")"
            found.append((one.start(), depth))
            depth += one[0] == "("
    return found
