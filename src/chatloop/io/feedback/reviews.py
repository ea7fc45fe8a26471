"""What a person said about feedback that waited: ids, and no word of it.

pins/reviews.json    {"accepted": ["fb-01J…"], "rejected": ["fb-02K…"]}
"""

from collections.abc import Collection
from pathlib import Path
from typing import TypeGuard

from chatloop.errors import UserError
from chatloop.feedback.guards.judging import Reviews
from chatloop.io.files import read_json, write_json

REVIEWS = Path("pins/reviews.json")


def read_reviews(pin: Path) -> Reviews:
    """All decisions so far; none where there is no file.

    Raises:
        UserError: the file says something else.
    """
    if not pin.is_file():
        return Reviews()
    value = read_json(pin)
    known = value if isinstance(value, dict) else {}
    accepted, rejected = known.get("accepted"), known.get("rejected")
    if not _are_ids(accepted) or not _are_ids(rejected):
        raise UserError(f"{pin}: is no list of reviews; `git checkout {pin}` restores it")
    return Reviews(frozenset(accepted), frozenset(rejected))


def add_reviews(pin: Path, ids: Collection[str], accept: bool) -> None:
    """Write decisions down; the last one on an opinion counts."""
    known, some = read_reviews(pin), frozenset(ids)
    accepted, rejected = known.accepted - some, known.rejected - some
    now = Reviews(accepted | some, rejected) if accept else Reviews(accepted, rejected | some)
    write_json(pin, {"accepted": sorted(now.accepted), "rejected": sorted(now.rejected)})


def _are_ids(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
