"""What stood beside its name once and comes back alone, in another turn of the conversation.

    My BSN is 111222333.       →  My BSN is [NL_BSN_1].
    I have noted 111222333.    →  I have noted [NL_BSN_1].

Most kinds are found wherever they stand. These are not: without its name a number is any number,
so that only the conversation tells what it is.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

import polars as pl

from chatloop.privacy.kinds import KINDS

# These speak for themselves, or are of a shape that numbers of orders and houses share.
_ALONE = {"url_credentials", "api_key", "email", "iban", "card", "mac", "ipv6", "ipv4", "geo"}
_ALONE |= {"postal_address", "date_of_birth"}
ECHOED = frozenset(KINDS) - _ALONE
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
        if _kind(placeholder) in ECHOED and _telling(value):
            known[conversation].setdefault(value, placeholder)
    counts: Counter[str] = Counter()
    if not known:
        return turns, counts
    asked = turns.select("conversation_id", "content").with_row_index("row")
    asked = asked.filter(pl.col("conversation_id").is_in(list(known)))
    rows, contents = [], []
    for row, conversation, content in asked.iter_rows():
        values = [value for value in known[conversation] if value in content]
        changed = content
        for value in sorted(values, key=len, reverse=True):
            placeholder = known[conversation][value]
            changed, count = _apart(value).subn(placeholder, changed)
            counts[_kind(placeholder)] += count
        if changed != content:
            rows.append(row)
            contents.append(changed)
    if not rows:
        return turns, counts
    return turns.with_columns(turns["content"].scatter(rows, contents)), counts


def _kind(placeholder: str) -> str:
    return placeholder[1:].rpartition("_")[0].lower()


def _telling(value: str) -> bool:
    """Whether it is long enough to be nothing else."""
    if re.search("[0-9]", value):
        return sum(map(str.isalnum, value)) >= _LEAST_SIGNS
    return len(value) >= _LEAST_LETTERS


def _apart(value: str) -> re.Pattern[str]:
    """The value as it was, and no part of a longer word, number or placeholder."""
    return re.compile(rf"(?<![\w\[])(?<![0-9][.,/:-]){re.escape(value)}(?!\w|[.,/:-][0-9])")
