import copy
from typing import Any

import pytest

from chatloop.errors import DataError
from chatloop.pages import ledger_page
from chatloop.reporting.ledger import lost_share, steps, tokens
from tests.stage_reports import CLEAN, INGEST, SPLIT

COUNTS = {
    "read": 100, "repeated": 4, "supervised": 40, "masked": 50,
    "cut": 2, "dropped": 10, "dropped_masked": 2,
}  # fmt: skip


def test_every_step_says_what_came_what_went_and_why() -> None:
    found = steps(INGEST, CLEAN, SPLIT)
    assert [step["step"] for step in found] == ["ingest", "clean", "validate", "split"]
    assert found[0]["records"] == {"in": 12, "lost": {"not_json": 2}}
    assert found[1]["conversations"] == {
        "in": 10,
        "out": 7,
        "lost": {"empty_turn": 2, "too_long": 1},
    }
    assert found[1]["turns"]["lost"] == {"empty_turn": 4, "too_long": 3, "turns_merged": 1}
    assert found[3]["turns"]["parts"] == {"train": 10, "validation": 2, "test": 2}


@pytest.mark.parametrize(
    ("report", "path", "value", "says"),
    [
        ("clean", ("conversations", "in"), 9, "9 conversations came to clean, 10 were sent"),
        ("clean", ("turns", "out"), 15, "24 turns in, 15 out, 8 lost: something went without a"),
        ("clean", ("rejected_by_reason", "too_long"), 0, "something went without a reason"),
        ("split", ("test", "conversations"), 2, "8 conversations came to split, 7 were sent"),
        ("split", ("left_out", "by_reason"), {}, "something went without a reason"),
    ],
)
def test_what_does_not_add_up_stops(
    report: str, path: tuple[str, str], value: Any, says: str
) -> None:
    reports = copy.deepcopy({"ingest": INGEST, "clean": CLEAN, "split": SPLIT})
    reports[report][path[0]][path[1]] = value  # type: ignore[index]
    with pytest.raises(DataError, match=says):
        steps(**reports)


def test_tokens_add_up_or_stop() -> None:
    assert tokens(COUNTS, "train") == COUNTS
    with pytest.raises(DataError, match="train: 104 tokens came, 105 are accounted for"):
        tokens(COUNTS | {"cut": 3}, "train")


def test_the_share_that_is_lost_is_of_the_answers_alone() -> None:
    assert lost_share(COUNTS) == 0.2
    assert lost_share(dict.fromkeys(COUNTS, 0)) == 0.0


def test_the_page_shows_every_reason_and_needs_nothing_from_elsewhere() -> None:
    part = {
        "tokens": COUNTS,
        "conversations": {"whole": 4, "split": 0, "dropped": 0},
        "lost_answer_share": 0.2,
    }
    with_repeats = COUNTS | {"repeated": 4}
    page = ledger_page(steps(INGEST, CLEAN, SPLIT), {"train": part})
    assert "4 of them repeated" in ledger_page([], {"train": {**part, "tokens": with_repeats}})
    for said in ("2 empty_turn", "2 not_json", "1 twin_of_test", "10 dropped", "20.00 %"):
        assert said in page
    assert "http" not in page
    assert "<script" not in page
    assert page == ledger_page(steps(INGEST, CLEAN, SPLIT), {"train": part})
