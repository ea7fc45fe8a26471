"""What `chatloop status` knows, gathered from quick looks only: no torch, no MLflow, no Prefect.

{"model": "chatloop", "champion": {"version": 3, "verdict": "PROMOTE", …}, "runs": […], …}

What is not there yet is null; the screen says which command makes it.
"""

import os
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chatloop.errors import UserError
from chatloop.io.locks import holder
from chatloop.io.operating import journal
from chatloop.io.operating.disk import usage
from chatloop.io.operating.glance import glance as look_at_registry
from chatloop.io.operating.journal import FOLDER, Journal
from chatloop.io.operating.notes import MONITOR, SCHEDULE, read_note
from chatloop.monitoring.clock import next_due
from flows.operating import glance as prefect

RUNS = 5
PARTS = {
    "DVC cache": Path(".dvc/cache"),
    "checkpoints": Path(".dvc/tmp/train"),
    "MLflow": Path("mlartifacts"),
    "data": Path("data"),
    "models": Path("models"),
}


def state(name: str) -> dict[str, Any]:
    """Everything that the screen shows, as JSON has it; times in seconds since 1970."""
    now = time.time()
    busy = holder(Path(".dvc/tmp/flow.lock"))
    runs = [run if busy is not None else journal.closed_as_dead(run, now) for run in _runs()]
    clock = _schedule()
    queue = _queue(clock)
    return {
        "model": name,
        "now": now,
        **_registry(name),
        "runs": [asdict(run) for run in reversed(runs)],
        "running": None if busy is None else {"pid": busy},
        "schedule": clock and {**clock, "next": (queue or {}).get("next_due") or _due(clock, now)},
        "queue": queue,
        "monitor": read_note(MONITOR) or None,
        "disk": asdict(usage(Path(), PARTS)),
    }


def _runs() -> tuple[journal.Run, ...]:
    return Journal(FOLDER).runs()[-RUNS:]


def _registry(name: str) -> dict[str, Any]:
    """Champion, previous and candidate; a registry that does not answer is a line, not an end."""
    try:
        held = {one.alias: asdict(one) for one in look_at_registry(name)}
    except UserError as error:
        return {"champion": None, "previous": None, "candidate": None, "registry": str(error)}
    return {alias: held.get(alias) for alias in ("champion", "previous", "candidate")}


def _schedule() -> dict[str, Any] | None:
    """What the scheduler that runs on this machine serves; None where none does."""
    pid = holder(FOLDER / "schedule.lock")
    return None if pid is None else {"pid": pid, **read_note(SCHEDULE)}


def _due(clock: dict[str, Any], now: float) -> float | None:
    """By the cron line itself, where no server says when; of an interval only the server knows."""
    if not clock.get("cron"):
        return None
    here = datetime.fromtimestamp(now, ZoneInfo(clock.get("timezone") or "UTC"))
    due = next_due(str(clock["cron"]), here)
    return due.timestamp() if due else None


def _queue(clock: dict[str, Any] | None) -> dict[str, Any] | None:
    url = os.environ.get("PREFECT_API_URL") or (clock or {}).get("url")
    found = prefect.glance(str(url)) if url else None
    return asdict(found) if found else None
