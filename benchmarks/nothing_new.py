"""A retraining that has nothing new to learn: what it costs to say so.

    python -m benchmarks.nothing_new --json

Runs the flow in this project, which must have been run before (`make run`), and times a second run
in a process of its own, with the Prefect server that it brings along. No stage may run. There is no
rival.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.report import report, without

ROOT = Path(__file__).parents[1]
GOAL_SECONDS = 20


def retrain() -> tuple[float, str]:
    """Seconds of one `chatloop run`, and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "chatloop", "run"],
        cwd=ROOT,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return time.perf_counter() - start, done.stdout


def diary() -> list[dict[str, object]]:
    """The runs of this project, the oldest first."""
    found: list[dict[str, object]] = json.loads(
        (ROOT / ".dvc/tmp/loop/runs.json").read_text(encoding="utf-8")
    )
    return found


def main() -> None:
    """Once so that everything is up to date, then the ones that count; the last line is the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    if not (ROOT / "dvc.lock").is_file():
        without("this project was never run; `make run` does it")
        return
    retrain()
    times = [retrain()[0] for _ in range(args.rounds)]
    ends = [run["outcome"] for run in diary()[-args.rounds :]]
    ours = round(sorted(times)[len(times) // 2], 1)
    report(
        "nothing_new",
        ours,
        None,
        "seconds of a retraining with nothing new",
        ends == ["nothing_new"] * args.rounds,
        f"at most {GOAL_SECONDS}, and no stage runs",
        reached=ours <= GOAL_SECONDS,
        seconds=[round(one, 1) for one in times],
    )


if __name__ == "__main__":
    main()
