"""Personal data counted in texts that are told in parts."""

import polars as pl
import pytest

from chatloop.validation import personal
from chatloop.validation.personal import PersonalData

TEXTS = pl.Series(["x", None, "xx [EMAIL_1]", "[", "", "[x] x"])
COUNTS = [1, 0, 2, 0, 0, 2]


class Counter:
    def __init__(self) -> None:
        self.calls: list[list[str | None]] = []

    def __call__(self, content: pl.Series) -> pl.Series:
        self.calls.append(content.to_list())
        return content.fill_null("").str.count_matches("x")


@pytest.mark.parametrize("parts", [1, 2, 6])
def test_every_text_is_counted_however_they_are_told(parts: int) -> None:
    told = PersonalData(Counter(), asked=False)
    size = len(TEXTS) // parts
    numbers = [told.tell(TEXTS[at : at + size]) for at in range(0, len(TEXTS), size)]
    assert told.counts(pl.concat(numbers)).to_list() == COUNTS


def test_texts_that_were_asked_are_asked_again_only_where_something_may_have_changed() -> None:
    count = Counter()
    told = PersonalData(count, asked=True)
    assert told.counts(told.tell(TEXTS)).to_list() == [0, 0, 2, 0, 0, 2]
    assert count.calls == [["xx [EMAIL_1]", "[", "[x] x"]]


def test_counts_come_in_the_order_of_the_numbers() -> None:
    told = PersonalData(Counter(), asked=False)
    assert told.counts(told.tell(TEXTS).reverse()).to_list() == COUNTS[::-1]


def test_texts_are_asked_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal, "_TEXTS", 4)
    count = Counter()
    told = PersonalData(count, asked=False)
    told.counts(pl.concat([told.tell(TEXTS[:2]), told.tell(TEXTS[2:4]), told.tell(TEXTS[4:])]))
    assert [len(call) for call in count.calls] == [4, 2]


def test_nothing_told_is_nothing_counted() -> None:
    told = PersonalData(Counter(), asked=False)
    assert told.counts(told.tell(TEXTS[:0])).to_list() == []
