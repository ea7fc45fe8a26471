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
    # Anna Berg before Anna.
    sought = {
        conversation: sorted(values.items(), key=lambda one: -len(one[0]))
        for conversation, values in known.items()
    }
    asked = turns.select("conversation_id", "content").with_row_index("row")
    asked = asked.filter(pl.col("conversation_id").is_in(list(sought)))
    own = _own_names(asked)
    rows, contents = [], []
    for row, conversation, content in asked.iter_rows():
        changed = content
        for value, placeholder in sought[conversation]:
            told = _kind(placeholder) != _PERSON or (conversation, placeholder) in own
            if told and value in changed:
                changed, count = _apart(value).subn(placeholder, changed)
                counts[_kind(placeholder)] += count
        if changed != content:
            rows.append(row)
            contents.append(changed)
    if not rows:
        return turns, counts
    return turns.with_columns(turns["content"].scatter(rows, contents)), counts


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


def _apart(value: str) -> re.Pattern[str]:
    """The value as it was, and no part of a longer word, number or placeholder."""
    return re.compile(rf"(?<![\w\[])(?<![0-9][.,/:-]){re.escape(value)}(?!\w|[.,/:-][0-9])")
