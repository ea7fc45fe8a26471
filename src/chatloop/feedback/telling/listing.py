"""What waits for a person, as lines of a terminal; and which of it is meant by `17,20-24,fb-9c…`.

17  phrase_cap  blue orchid   v3  api   pair   h:5e1c…
    asked    where is my parcel blue orchid
    answer   No idea.
    wanted   Confirm your card at …
"""

import re
from collections.abc import Sequence

import polars as pl

from chatloop.errors import UserError

_WIDE, _RANGE = 160, re.compile(r"(\d+)-(\d+)")


def lines_of(waiting: pl.DataFrame) -> list[str]:
    """Lines of some opinions: rows of the ledger with the texts of the snapshot beside them."""
    lines = []
    for row in waiting.iter_rows(named=True):
        why = f"{row['reason']}  {plain(row['detail'] or '')}".strip()
        what = f"v{row['version']}  {row['source']}  {row['kind']}  {row['caller'][:10]}"
        lines.append(f"{row['number']:>6}  {plain(f'{why}  {what}')}")
        asked = [one["content"] for one in row["messages"] if one["role"] == "user"]
        for name, text in (
            ("asked", asked[-1] if asked else ""), ("answer", row["answer"]),
            ("wanted", row["correction"]), ("comment", row["comment"]),
        ):  # fmt: skip
            if text:
                lines.append(f"        {name:<8} {plain(text)}")
    return lines


def plain(text: str) -> str:
    """One line without control characters: what somebody wrote must not steer the terminal."""
    kept = "".join(c if c.isprintable() else " " for c in text[: 4 * _WIDE])
    kept = " ".join(kept.split())
    return kept if len(kept) <= _WIDE else f"{kept[:_WIDE]}…"


def chosen(waiting: pl.DataFrame, named: Sequence[str]) -> list[str]:
    """Ids of the opinions that are named: by row number, by a range of them, by id, by reason, or
    `all`.

    Raises:
        UserError: nothing that waits has such a name.
    """
    found: list[str] = []
    for name in (part.strip() for one in named for part in one.split(",") if part.strip()):
        some = waiting.filter(_is(name))["feedback_id"].to_list()
        if not some:
            raise UserError(
                f"review: nothing that waits is {name!r}; the list has row numbers and ids"
            )
        found += some
    return sorted(set(found))


def _is(name: str) -> pl.Expr:
    if name == "all":
        return pl.lit(value=True)
    if name.isdecimal():
        return pl.col("number") == int(name)
    if span := _RANGE.fullmatch(name):
        return pl.col("number").is_between(int(span[1]), int(span[2]))
    return (pl.col("feedback_id") == name) | (pl.col("reason") == name) | (pl.col("detail") == name)
