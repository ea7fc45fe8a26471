"""Small notes that processes of the loop leave for each other: schedule.json, monitor.json.

write_note("schedule", {"cron": "0 3 * * *", …})    read_note("schedule")  →  {"cron": …} or {}
"""

from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import read_json, write_json
from chatloop.io.operating.journal import FOLDER

SCHEDULE, MONITOR = "schedule", "monitor"


def read_note(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """The note; empty where there is none, or it is broken."""
    try:
        value = read_json(folder / f"{name}.json")
    except UserError:
        return {}
    return value if isinstance(value, dict) else {}


def write_note(name: str, value: dict[str, Any], folder: Path = FOLDER) -> None:
    """Replace the note, whole."""
    write_json(folder / f"{name}.json", value)
