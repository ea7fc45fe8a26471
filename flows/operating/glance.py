"""A quick look at a Prefect server by plain HTTP: what is due next, how many wait. No Prefect here.

glance("http://127.0.0.1:4200/api")  →  Queue(next_due=1795400000.0, running=1, waiting=2, late=0)
"""

import base64
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

SECONDS = 1.5
FLOWS = {"name": {"any_": ["retrain", "monitor"]}}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Queue:
    """Runs of our flows on a server; `next_due` of `retrain`, in seconds since 1970.

    `waiting` for a worker that is free, `late` should have begun already: does a worker run?
    """

    next_due: float | None
    running: int
    waiting: int
    late: int


def glance(url: str) -> Queue | None:
    """What a Prefect API has of our flows; None where it does not answer at once."""
    try:
        due = _ask(f"{url}/flow_runs/filter", _next())
        return Queue(
            _time(due[0]["expected_start_time"]) if due else None,
            _count(url, {"type": {"any_": ["RUNNING", "CANCELLING"]}}),
            _count(url, {"type": {"any_": ["PENDING"]}}),
            _count(url, {"name": {"any_": ["Late", "AwaitingConcurrencySlot"]}}),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _next() -> dict[str, Any]:
    state = {"type": {"any_": ["SCHEDULED"]}}
    return {
        "sort": "EXPECTED_START_TIME_ASC",
        "limit": 1,
        "flows": {"name": {"any_": ["retrain"]}},
        "flow_runs": {"state": state},
    }


def _count(url: str, state: dict[str, Any]) -> int:
    found = _ask(f"{url}/flow_runs/count", {"flows": FLOWS, "flow_runs": {"state": state}})
    return int(found)


def _ask(url: str, question: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json", **_identity()}
    body = json.dumps(question).encode()
    request = urllib.request.Request(url, body, headers)  # noqa: S310  (the user's own address)
    direct = urlsplit(url).hostname in LOOPBACK  # no proxy stands between us and loopback
    handlers = [urllib.request.ProxyHandler({})] if direct else []
    with urllib.request.build_opener(*handlers).open(request, timeout=SECONDS) as answer:
        return json.load(answer)


def _identity() -> dict[str, str]:
    """As Prefect's own client: a key, or the user and password of a server."""
    key, user = os.environ.get("PREFECT_API_KEY"), os.environ.get("PREFECT_API_AUTH_STRING")
    if key:
        return {"Authorization": f"Bearer {key}"}
    if user:
        return {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
    return {}


def _time(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
