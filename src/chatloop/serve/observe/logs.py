"""JSON lines on standard error, without a word of any conversation.

{"time": "2026-11-22T23:52:33.120Z", "level": "info", "event": "request", "route":
 "/v1/chat/completions", "status": 200, "request_id": "9f…", "key": "5e1c09aa", "version": "3",
 "seconds": 1.2, "first_token_seconds": 0.08, "completion_tokens": 41}
"""

import json
import logging
import sys
import traceback
import warnings
from datetime import UTC, datetime
from typing import Any, TextIO

LOGGER = logging.getLogger("chatloop.serve")


class JsonLines(logging.Formatter):
    """One object a record; of an exception the kind and the place, never what it says: that may
    repeat what somebody wrote."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage().strip(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0]:
            kind, _, trace = record.exc_info
            frames = traceback.extract_tb(trace)
            line["error"] = kind.__name__ if kind else ""
            line["at"] = [f"{frame.filename}:{frame.lineno}" for frame in frames[-5:]]
        return json.dumps(line, ensure_ascii=False, default=str)


def log(
    event: str, level: int = logging.INFO, error: BaseException | None = None, **fields: Any
) -> None:
    """Say what happened; fields that are None are left out."""
    kept = {name: value for name, value in fields.items() if value is not None}
    LOGGER.log(level, event, exc_info=error, extra={"fields": kept})


def log_to_stderr() -> None:
    """Our lines and uvicorn's, in one form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name, level in (("chatloop.serve", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
    warnings.showwarning = _warned


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A library's warning as one of our lines, too; what it says may repeat what somebody wrote."""
    log("warning", logging.WARNING, kind=category.__name__, at=f"{filename}:{lineno}")
