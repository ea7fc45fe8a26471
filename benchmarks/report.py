"""How a benchmark ends: one JSON object on the last line.

{"name": "redaction", "ours": 31.2, "rival": 0.08, "unit": "MB/s", "ratio": 390.0,
 "equal": true, "goal": "at least 300 times", …}
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SGD = Path(__file__).parents[2] / "shared" / "data" / "sgd"


def seconds(*tasks: Callable[[], object], rounds: int = 3) -> list[float]:
    """The median time of each task; they take turns, so that a busy moment meets all."""
    times: list[list[float]] = [[] for _ in tasks]
    for _ in range(rounds):
        for task, taken in zip(tasks, times, strict=True):
            start = time.perf_counter()
            task()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def report(
    name: str,
    ours: float,
    rival: float | None,
    unit: str,
    equal: bool | None,
    goal: str,
    **more: Any,
) -> None:
    """Print the figures, the main ones first."""
    ratio = ours / rival if rival else None
    line = {"name": name, "ours": ours, "rival": rival, "unit": unit, "ratio": ratio}
    line |= {"equal": equal, "goal": goal}
    print(json.dumps(line | more, ensure_ascii=False))


def without(what: str) -> None:
    """Say why there is no figure; that is no failure."""
    print(f"no figure: {what}")


def main() -> None:
    """Run every benchmark in a process of its own; docs/performance.md holds the last lines."""
    folder = Path(__file__).parent
    sections = ["# Performance", "Written by `make bench`: ours and the rival in turn."]
    for path in sorted(folder.glob("*.py")):
        if (
            '__name__ == "__main__"' not in path.read_text(encoding="utf-8")
            or path.stem == "report"
        ):
            continue
        command = [sys.executable, "-m", f"benchmarks.{path.stem}", "--json"]
        sys.stdout.write(f"{path.stem} ...\n")
        sys.stdout.flush()
        # What goes wrong is seen at once, and keeps nobody from the figures of the others.
        done = subprocess.run(
            command, cwd=folder.parent, text=True, stdout=subprocess.PIPE, check=False
        )
        last = done.stdout.strip().splitlines()[-1:] if not done.returncode else []
        sections += [f"## {path.stem}", f"```json\n{last[0]}\n```" if last else "failed"]
    page = folder.parent / "docs" / "performance.md"
    page.write_text("\n\n".join(sections) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
