"""How a benchmark ends: one JSON object on the last line.

{"name": "redaction", "ours": 31.2, "rival": 0.08, "unit": "MB/s", "ratio": 390.0,
 "equal": true, "goal": "at least 300 times", …}
"""

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
HEAD = (
    "Each section is the last line of `python -m benchmarks.NAME --json`, ours and the rival in turn; "
    "`make bench` runs all, `make bench NAMES=…` some. Not all were run on the same day."
)
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
    """Run the benchmarks named on the command line, or all; docs/performance.md holds last lines.

    A process of its own each; what stood on the page for those that are not run stays.
    """
    page = FOLDER.parent / "docs" / "performance.md"
    figures = _figures(page.read_text(encoding="utf-8")) if page.is_file() else {}
    for name in _chosen(sys.argv[1:]):
        sys.stdout.write(f"{name} ...\n")
        sys.stdout.flush()
        # What goes wrong is seen at once, and keeps nobody from the figures of the others.
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}", "--json"],
            cwd=FOLDER.parent, text=True, stdout=subprocess.PIPE, check=False,
        )  # fmt: skip
        last = done.stdout.strip().splitlines()[-1:] if not done.returncode else []
        figures[name] = last[0] if last else "failed"
    sections = [f"## {name}\n\n```json\n{figures[name]}\n```" for name in sorted(figures)]
    head = ["# Performance", HEAD]
    page.write_text("\n\n".join([*head, *sections]) + "\n", encoding="utf-8")


def _chosen(wanted: list[str]) -> list[str]:
    known = sorted(
        path.stem
        for path in FOLDER.glob("*.py")
        if path.stem != "report" and '__name__ == "__main__"' in path.read_text(encoding="utf-8")
    )
    if unknown := sorted(set(wanted) - set(known)):
        sys.exit(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    return wanted or known


def _figures(page: str) -> dict[str, str]:
    """Name to last line, of a page that was written before."""
    return dict(re.findall(r"^## (\w+)\n\n```json\n(.*)\n```$", page, flags=re.MULTILINE))


if __name__ == "__main__":
    main()
