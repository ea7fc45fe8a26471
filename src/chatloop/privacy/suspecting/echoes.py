"""What stood beside its name once and comes back alone, in another turn of the conversation.

    My BSN is 111222333.       →  My BSN is [NL_BSN_1].
    I have noted 111222333.    →  I have noted [NL_BSN_1].

Most kinds are found wherever they stand. These are not: without its name a number is any number,
so that only the conversation tells what it is. Of names only those come back that a speaker gives
as their own: others are singers and towns too often.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

import polars as pl

from chatloop.privacy.kinds import KINDS

# These speak for themselves, or are of a shape that numbers of orders and houses share.
_ALONE = {"url_credentials", "api_key", "email", "iban", "card", "mac", "ipv6", "ipv4", "geo"}
_ALONE |= {"postal_address"}
ECHOED = frozenset(KINDS) - _ALONE
_PERSON = "person"
_OWN_NAME = re.compile(
    r"(?i)\b(?:name(?:['’]s| is|:)|i am|i['’]?m|this is|ich hei(?:ß|ss)e|je m['’]appelle"
    r"|me llamo|mi chiamo|chamo|heet) (\[PERSON_[0-9]+\])"
)
# Three digits, or a word that is a name and a word, come back as something else.
_LEAST_SIGNS, _LEAST_LETTERS = 4, 6
# No part of a longer word, number or placeholder.
_BEGIN = re.compile(r"(?<![\w\[])(?<![0-9][.,/:-])\S")
_GOES_ON = re.compile(r"\w|[.,/:-][0-9]")
# So many values are sought one by one.
_FEW = 16

Mapping = Iterable[tuple[str, str, str]]


def without_echoes(turns: pl.DataFrame, mapping: Mapping) -> tuple[pl.DataFrame, Counter[str]]:
    """The turns with placeholders for values that come back, and how many of each kind did.

    Args:
        turns: already redacted; conversation_id, content and more.
        mapping: (conversation_id, placeholder, value) of what was redacted in them.
    """
    known: dict[str, dict[str, str]] = defaultdict(dict)
    for conversation, placeholder, value in mapping:
        if _kind(placeholder) in ECHOED and _telling(value, _kind(placeholder)):
            known[conversation].setdefault(value, placeholder)
    counts: Counter[str] = Counter()
    if not known:
        return turns, counts
    asked = turns.select("conversation_id", "content").with_row_index("row")
    asked = asked.filter(pl.col("conversation_id").is_in(list(known)))
    own = _own_names(asked)
    sought = {
        conversation: _Sought(
            {
                value: placeholder
                for value, placeholder in values.items()
                if _kind(placeholder) != _PERSON or (conversation, placeholder) in own
            }
        )
        for conversation, values in known.items()
    }
    rows, contents = [], []
    for row, conversation, content in asked.iter_rows():
        changed, placeholders = sought[conversation].replaced(content)
        if placeholders:
            rows.append(row)
            contents.append(changed)
            counts.update(map(_kind, placeholders))
    if not rows:
        return turns, counts
    return turns.with_columns(turns["content"].scatter(rows, contents)), counts


class _Sought:
    """The values of a conversation, which are sought all in one pass where they are many."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values
        lengths: dict[str, set[int]] = defaultdict(set)
        for value in values:
            lengths[value[:_LEAST_SIGNS]].add(len(value))
        # Anna Berg before Anna.
        self._lengths = {begin: sorted(many, reverse=True) for begin, many in lengths.items()}

    def replaced(self, content: str) -> tuple[str, list[str]]:
        """The text with placeholders for the values that stand in it, and these placeholders."""
        if len(self._values) <= _FEW and not any(value in content for value in self._values):
            return content, []
        pieces, position, placeholders = [], 0, []
        for start in (match.start() for match in _BEGIN.finditer(content)):
            if start >= position and (value := self._at(content, start)):
                pieces += [content[position:start], self._values[value]]
                position = start + len(value)
                placeholders.append(self._values[value])
        return "".join([*pieces, content[position:]]), placeholders

    def _at(self, content: str, start: int) -> str:
        """The longest value that stands here, as it was, and goes on to nothing longer."""
        for length in self._lengths.get(content[start : start + _LEAST_SIGNS], ()):
            value = content[start : start + length]
            if value in self._values and not _GOES_ON.match(content, start + length):
                return value
        return ""


def _own_names(turns: pl.DataFrame) -> set[tuple[str, str]]:
    """(conversation_id, placeholder) of the people who say that it is their name."""
    said = turns.filter(pl.col("content").str.contains("[PERSON_", literal=True))
    return {
        (conversation, placeholder)
        for conversation, content in said.select("conversation_id", "content").iter_rows()
        for placeholder in _OWN_NAME.findall(content)
    }


def _kind(placeholder: str) -> str:
    return placeholder[1:].rpartition("_")[0].lower()


def _telling(value: str, kind: str) -> bool:
    """Whether it is long enough to be nothing else; grouped, a phone number is found anyway."""
    if kind == "phone" and not value.isdecimal():
        return False
    if re.search("[0-9]", value):
        return sum(map(str.isalnum, value)) >= _LEAST_SIGNS
    return len(value) >= _LEAST_LETTERS
