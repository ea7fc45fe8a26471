"""What a person sees of feedback, and which of it entered a model."""

from pathlib import Path

import polars as pl
import pytest

from chatloop.errors import UserError
from chatloop.feedback.guards.judging import JUDGED
from chatloop.feedback.telling.entered import entered
from chatloop.feedback.telling.listing import chosen, lines_of, plain
from chatloop.feedback.telling.summary import entered_lines
from chatloop.io.feedback.ledger import waiting
from chatloop.io.feedback.reviews import add_reviews
from chatloop.io.tables import write_table


def ledger(*rows: tuple[int, str, str | None, str | None]) -> pl.DataFrame:
    known = [
        {"number": at, "feedback_id": f"fb-{at}", "exchange_id": f"c-{at}", "version": "3",
         "source": "api", "caller": f"h:{at % 2}", "day": 1, "kind": "pair", "reason": reason,
         "outcome": outcome, "detail": detail, "cluster": "c-1"}
        for at, outcome, reason, detail in rows
    ]  # fmt: skip
    return pl.DataFrame(known, schema=JUDGED)


HELD = ledger(
    (3, "quarantined", "phrase_cap", "blue orchid"), (4, "quarantined", "sudden", None),
    (7, "quarantined", "phrase_cap", "§§"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("named", "ids"),
    [
        (["3"], [3]), (["3-4,7"], [3, 4, 7]), (["fb-4"], [4]), (["phrase_cap"], [3, 7]),
        (["blue orchid", "4"], [3, 4]), (["all"], [3, 4, 7]),
    ],
)  # fmt: skip
def test_what_waits_is_named_by_number_range_id_reason_or_phrase(
    named: list[str], ids: list[int]
) -> None:
    assert chosen(HELD, named) == [f"fb-{at}" for at in ids]


@pytest.mark.parametrize("named", ["5", "5-6", "fb-1", "superseded"])
def test_a_name_of_nothing_is_refused(named: str) -> None:
    with pytest.raises(UserError, match="nothing that waits"):
        chosen(HELD, [named])


def test_what_somebody_wrote_does_not_steer_the_terminal() -> None:
    evil = "\x1b[2Jhi\r\nthere\u202e" + "x" * 500
    assert plain(evil).startswith("[2Jhi there xxx")
    assert len(plain(evil)) <= 161
    texts = {"messages": [[{"role": "user", "content": evil}]], "answer": [evil],
             "correction": [evil], "comment": [None]}  # fmt: skip
    lines = lines_of(
        HELD.head(1).with_columns(pl.Series(name, some) for name, some in texts.items())
    )
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)


def test_who_was_decided_on_waits_no_more(tmp_path: Path) -> None:
    write_table(HELD, tmp_path / "ledger.parquet")
    add_reviews(tmp_path / "reviews.json", ["fb-3"], accept=True)
    add_reviews(tmp_path / "reviews.json", ["fb-4"], accept=False)
    found = waiting(tmp_path / "ledger.parquet", tmp_path / "reviews.json")
    assert found["feedback_id"].to_list() == ["fb-7"]
    with pytest.raises(UserError, match="chatloop run"):
        waiting(tmp_path / "none.parquet", tmp_path / "reviews.json")


def test_what_entered_a_model_is_what_split_and_cleaning_left() -> None:
    table = ledger(
        (1, "taught", None, None), (2, "taught", None, None), (3, "held_out", None, None)
    )
    found = entered(table, {"feedback/3/c-1/fb-1", "shop-1"}, {"feedback/3/c-3/fb-3"})

    assert (found["opinions"], found["conversations"], found["preferences"]) == (1, 1, 0)
    assert found["callers"] == {"h:1": 1}
    lines = [*entered_lines(4, {**found, "forgotten": [{"caller": "h:0", "rows": 2, "until": 9}]})]
    assert "  forgotten: h:0, of whom it learned 0 rows" in lines
