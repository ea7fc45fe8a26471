"""The last accepted data set: the profile of the data whose model was promoted, pinned in git.

    pins/promoted.json   written after a promotion: the profile of that model's data
    pins/accepted.json   what the next data set is held against; the profile stage reads it

A data set that is the accepted one itself is not its own predecessor: its pin stays what it was
held against, so that a second run of the same has nothing to do.
"""

from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import read_json, sha256, write_json

NOTHING: dict[str, Any] = {"conversations": None}


def pin_accepted(pin: Path, promoted: Path, turns: Path) -> str:
    """Write down what to hold the cleaned turns against, before the stage that reads it."""
    last = _read(promoted)
    if last is not None and not (turns.is_file() and last.get("turns_sha256") == sha256(turns)):
        wanted = last
    else:
        wanted = _read(pin) or NOTHING
    if _read(pin) != wanted:
        write_json(pin, wanted)
    count = wanted["conversations"]
    return "no data set was accepted yet" if count is None else f"accepted: {count:,} conversations"


def accept(profile: Path, promoted: Path) -> str:
    """Keep the profile of the data behind a model that was promoted just now."""
    now = read_json(profile)
    if _read(promoted) != now:
        write_json(promoted, now)
    return f"the accepted data set has {now['conversations']:,} conversations"


def _read(path: Path) -> dict[str, Any] | None:
    """None for a file that is missing or cannot be read, a half-merged one for instance."""
    try:
        value = read_json(path)
    except UserError:
        return None
    return value if isinstance(value, dict) else None
