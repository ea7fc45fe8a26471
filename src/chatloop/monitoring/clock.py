"""Cron lines: what is wrong with one, and when it is due.

check_cron("0 25 * * *")  →  UserError: cron '0 25 * * *': hour '25' is not 0-23 …

Five fields as in crontab(5): minute hour day-of-month month day-of-week; the library is cronsim.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from cronsim import CronSim, CronSimError

from chatloop.errors import UserError

FIELDS = {
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, L",
    "month": "1-12, JAN-DEC",
    "day-of-week": "0-7, SUN-SAT",
}
ALLOWED = (
    "allowed are *, numbers, lists 1,3, ranges 1-5 and steps */2; `0 3 * * *` is every night at 3"
)
# CronSim tells of the first wrong field only; the others are replaced to ask about each.
_ANYTHING = ["*"] * len(FIELDS)


def check_cron(cron: str) -> str:
    """The line with single spaces.

    Raises:
        UserError: it is none; which field is wrong, and what it may hold.
    """
    given = cron.split()
    if len(given) != len(FIELDS):
        fields = " ".join(FIELDS)
        raise UserError(f"cron {cron!r}: not five fields, {fields}; {ALLOWED}")
    for at, (name, holds) in enumerate(FIELDS.items()):
        field = given[at]
        if not _parses([*_ANYTHING[:at], field, *_ANYTHING[at + 1 :]]):
            raise UserError(f"cron {cron!r}: {name} {field!r} is not {holds}; {ALLOWED}")
    line = " ".join(given)
    if not _parses(given) or next(_times(line, datetime(2000, 1, 1)), None) is None:
        raise UserError(f"cron {cron!r}: such a day never comes; {ALLOWED}")
    return line


def next_due(cron: str, now: datetime) -> datetime | None:
    """When a cron line is due next after `now`, in its time zone; None where it never is."""
    return next(_times(cron, now), None)


def _parses(fields: list[str]) -> bool:
    try:
        CronSim(" ".join(fields), datetime(2000, 1, 1))
    except (CronSimError, AssertionError, TypeError, ValueError):  # of an L where it takes none
        return False
    return True


def _times(cron: str, after: datetime) -> Iterator[datetime]:
    try:
        yield from islice(CronSim(cron, after), 10)
    except (StopIteration, RuntimeError, CronSimError):
        return
