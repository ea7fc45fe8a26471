from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatloop.errors import UserError
from chatloop.monitoring.clock import check_cron, next_due

ALPHABET = st.text("0123456789*/-,#LWRH? \tSUNMOJAE@", max_size=40)


@pytest.mark.parametrize(
    ("cron", "says"),
    [
        ("0 25 * * *", "hour '25' is not 0-23"),
        ("60 3 * * *", "minute '60' is not 0-59"),
        ("0 3 1-40 * *", "day-of-month '1-40' is not 1-31"),
        ("0 3 * 13 *", "month '13' is not 1-12"),
        ("0 3 * * 8", "day-of-week '8' is not 0-7"),
        ("*/0 * * * *", "minute '*/0'"),
        ("every night", "not five fields, minute hour day-of-month month day-of-week"),
        ("0 0 3 * * *", "not five fields"),
        ("@daily", "not five fields"),
        ("", "not five fields"),
        ("0 3 30 2 *", "such a day never comes"),
        ("R * * * *", "minute 'R'"),
    ],
)
def test_a_wrong_line_is_refused_with_what_is_wrong_and_what_is_allowed(
    cron: str, says: str
) -> None:
    with pytest.raises(UserError, match=r"^cron [^\n]+$") as caught:
        check_cron(cron)
    assert says in str(caught.value)
    assert "allowed are" in str(caught.value)


def test_a_right_line_comes_back_with_single_spaces() -> None:
    assert check_cron(" 0  3\t* * mon-fri ") == "0 3 * * mon-fri"


@given(ALPHABET)
def test_any_text_is_a_line_that_comes_due_or_is_refused(cron: str) -> None:
    now = datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/Berlin"))
    try:
        line = check_cron(cron)
    except UserError:
        return
    due = next_due(line, now)
    assert due is not None
    assert due > now


def test_the_next_time_is_one_of_the_schedules_own_zone() -> None:
    now = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    due = next_due("30 3 * * *", now)
    assert due == datetime(2026, 3, 29, 3, 30, tzinfo=ZoneInfo("Europe/Berlin"))  # summer time
