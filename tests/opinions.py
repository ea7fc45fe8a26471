"""Served answers and what was said of them, as the store keeps them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from chatloop.conversation import Message
from chatloop.feedback.record import Exchange, Feedback
from chatloop.feedback.table import Said, table_of

DAY = 86_400.0


def said(number: int, caller: str = "h:anna", day: float = 0.0, **more: Any) -> Said:
    """An opinion on an exchange of its own; `more` changes either."""
    name = f"chatcmpl-{more.pop('exchange', number)}"
    turns = more.pop(
        "messages", (Message("user", more.pop("prompt", f"Where is order {number}?")),)
    )
    exchange = Exchange(
        name, more.pop("version", "3"), "fp", more.pop("asked_by", caller), "api",
        1_782_000_000.0 + day * DAY, 9, 9, 0.1, "stop",
        messages=turns, answer=more.pop("answer", "No idea."),
    )  # fmt: skip
    opinion = Feedback(
        more.pop("id", f"fb-{number}"), name, more.pop("rating", "down"),
        more.pop("correction", None), more.pop("comment", None), (), caller, "api",
        exchange.created + 1, None,
    )  # fmt: skip
    assert not more, f"unknown: {[*more]}"
    return Said(number, opinion, exchange)


class ListLog:
    """A store that is a list."""

    def __init__(self, opinions: Iterable[Said]) -> None:
        self.opinions = list(opinions)

    def ranges(self, size: int) -> Mapping[int, tuple[int, int]]:
        """As the store's."""
        found: dict[int, tuple[int, int]] = {}
        for one in self.opinions:
            rows, numbers = found.get(one.number // size, (0, 0))
            found[one.number // size] = (rows + 1, numbers + one.number)
        return found

    def rows(self, first: int, last: int) -> Iterator[pl.DataFrame]:
        """As the store's, three at a time."""
        some = [one for one in self.opinions if first <= one.number <= last]
        for at in range(0, len(some), 3):
            yield table_of(some[at : at + 3])
