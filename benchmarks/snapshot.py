"""A million opinions from the store into the snapshot: seconds, memory, and what a second run takes.

    python -m benchmarks.snapshot --json

The store is SQLite, filled by the store's own tables; an opinion in three has a correction. Memory is
the most that the process held, with a tenth of the rows and with all: it is flat when both are alike.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import Engine, insert

from benchmarks.report import report
from chatloop.io.feedback.manifest import read_manifest
from chatloop.io.feedback.snapshot import snapshot
from chatloop.io.store import Reader
from chatloop.serve.store.opening import database_url, open_database
from chatloop.serve.store.tables import EXCHANGES, FEEDBACK

GOAL_SECONDS, ROWS, BATCH = 60.0, 1_000_000, 20_000
_WORDS = "Order {0} is late; it left on Monday and should be with you by Friday, {0}."


def fill(engine: Engine, rows: int) -> None:
    """Exchanges and an opinion on each."""
    with engine.begin() as connection:
        for start in range(1, rows + 1, BATCH):
            numbers = range(start, min(start + BATCH, rows + 1))
            connection.execute(insert(EXCHANGES), [_exchange(at) for at in numbers])
            connection.execute(insert(FEEDBACK), [_opinion(at) for at in numbers])


def _exchange(at: int) -> dict[str, object]:
    messages = [{"role": "user", "content": f"Where is order {at}?"},
                {"role": "assistant", "content": "Which one?"},
                {"role": "user", "content": f"Number {at}, please."}]  # fmt: skip
    return {"id": f"chatcmpl-{at:032x}", "version": str(at // 300_000 + 1), "fingerprint": "fp",
            "caller": f"h:{at % 997:x}", "source": "api", "created": 1_782_000_000.0 + at,
            "prompt_tokens": 30, "completion_tokens": 30, "seconds": 0.5, "finish": "stop",
            "session": None, "external_id": None, "messages": messages,
            "answer": _WORDS.format(at)}  # fmt: skip


def _opinion(at: int) -> dict[str, object]:
    return {"id": f"fb-{at:024x}", "exchange_id": f"chatcmpl-{at:032x}",
            "rating": "up" if at % 3 else "down", "comment": None, "tags": [],
            "correction": None if at % 3 else _WORDS.format(-at), "caller": f"h:{at % 997:x}",
            "source": "api", "created": 1_782_000_001.0 + at, "idempotency_key": None,
            "body": "0"}  # fmt: skip


def measure(rows: int) -> dict[str, float]:
    """Seconds and CPU seconds of the first and of a second run; megabytes held at most."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "benchmarks.snapshot", "--fill", str(folder), str(rows)]
        subprocess.run(command, check=True)
        engine, pin = open_database(database_url(None, folder)), folder / "pin.json"
        took = []
        for _ in range(2):
            wall, cpu = time.perf_counter(), time.process_time()
            snapshot(Reader(engine), folder / "snapshot", pin)
            took += [time.perf_counter() - wall, time.process_time() - cpu]
        assert read_manifest(pin).rows == rows
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    names = ("seconds", "cpu_seconds", "again_seconds", "again_cpu_seconds")
    return {**{name: round(one, 2) for name, one in zip(names, took, strict=True)},
            "megabytes": round(held)}  # fmt: skip


def main() -> None:
    """Measure both sizes, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--measure", type=int)
    parser.add_argument("--fill", nargs=2)
    given = parser.parse_args()
    if given.fill:
        fill(open_database(database_url(None, Path(given.fill[0]))), int(given.fill[1]))
        return
    if given.measure:
        print(json.dumps(measure(given.measure)))
        return
    found = {}
    for rows in (given.rows // 10, given.rows):
        command = [sys.executable, "-m", "benchmarks.snapshot", "--measure", str(rows)]
        done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
        found[rows] = json.loads(done.stdout.splitlines()[-1])
        print(f"{rows:,} rows: {found[rows]}")
    few, many = found.values()
    report("snapshot", many["seconds"], None, "s", many["megabytes"] <= 1.5 * few["megabytes"],
           f"{ROWS:,} rows in at most {GOAL_SECONDS:g} s, flat memory", rows=given.rows, few=few,
           many=many)  # fmt: skip


if __name__ == "__main__":
    main()
