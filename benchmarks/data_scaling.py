"""Ingest to split on so many conversations and on ten times as many: time and peak memory.

    python -m benchmarks.data_scaling --json

Conversations come from the built-in generator, a thousand a seed, so that none is a copy of another
block's. Every stage runs as its own process with the command of dvc.yaml, in a project of its own.
Memory is the largest sum, over a stage's processes, of what each holds for itself and its part of
what they share (PSS). `ours` is the worst stage's memory at ten times the rows over the worst at
once; the goal is met when that is at most 1.5 and all stages together take at most 11 times as long.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import psutil
import yaml

from benchmarks.report import report
from chatloop.corpus import generate

ROOT = Path(__file__).parents[1]
STAGES = ("ingest", "clean", "profile", "validate", "split")
TIMES = 10
GOAL_TIME, GOAL_MEMORY = 11.0, 1.5
BLOCK = 1_000
EVERY = 0.05  # seconds between two looks at memory


class Cost(NamedTuple):
    """Of a stage: seconds, and the megabytes it needed at its peak."""

    seconds: float
    megabytes: float


def block(number: int) -> str:
    """JSON lines of a thousand conversations, with ids of their own."""
    records = generate(BLOCK, seed=number).records
    named = ({**record, "id": f"{number:04}-{record['id']}"} for record in records)
    return "".join(json.dumps(record) + "\n" for record in named)


def write_source(path: Path, conversations: int) -> None:
    """So many conversations, rounded up to blocks; two processes write them."""
    blocks = range(-(-conversations // BLOCK))
    with path.open("w", encoding="utf-8") as file, ProcessPoolExecutor(os.cpu_count()) as pool:
        file.writelines(pool.map(block, blocks))


def project(folder: Path, conversations: int) -> Path:
    """A project with the shipped params, whose source has so many conversations."""
    folder.mkdir()
    shutil.copytree(ROOT / "pins", folder / "pins")
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["ingest"]["sources"] = [{"path": "talks.jsonl", "format": "messages"}]
    # The generator has so many answers and no more: of a hundred thousand talks the test is known.
    params["split"]["contamination"]["max_share"] = 1.0
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    write_source(folder / "talks.jsonl", conversations)
    return folder


def command(stage: str) -> list[str]:
    """What dvc.yaml runs, with this interpreter."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return [
        sys.executable,
        "-m",
        *re.sub(r"\$\{run\}", "chatloop.stages", stages[stage]["cmd"]).split(),
    ]


def run(stage: str, folder: Path) -> Cost:
    """Run a stage and look at its memory all the while."""
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    start = time.perf_counter()
    with (folder / f"{stage}.log").open("w") as log:
        process = psutil.Popen(
            command(stage), cwd=folder, env=os.environ | {"PYTHONPATH": path},
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        ended, peaks = threading.Event(), [0]
        watcher = threading.Thread(target=_watch, args=(process, ended, peaks))
        watcher.start()
        code = process.wait()
        seconds = time.perf_counter() - start
        ended.set()
        watcher.join()
    if code:
        raise SystemExit(f"{stage} failed:\n{(folder / f'{stage}.log').read_text()}")
    return Cost(seconds, max(peaks) / 1e6)


def _watch(process: psutil.Process, ended: threading.Event, peaks: list[int]) -> None:
    while not ended.wait(EVERY):
        peaks.append(_held(process))


def _held(process: psutil.Process) -> int:
    """Bytes that a process and its children hold; nothing once it has ended."""
    try:
        family = [process, *process.children(recursive=True)]
        return sum(one.memory_full_info().pss for one in family)
    except (psutil.Error, OSError):
        return 0


def measure(folder: Path, conversations: int) -> dict[str, Cost]:
    """The cost of every stage, one after the other."""
    place = project(folder / str(conversations), conversations)
    costs = {}
    for stage in STAGES:
        costs[stage] = run(stage, place)
        print(
            f"{conversations:>9,} conversations  {stage:<9}{costs[stage].seconds:8.1f} s"
            f"{costs[stage].megabytes:9.0f} MB", flush=True,
        )  # fmt: skip
    return costs


def main() -> None:
    """Measure and print; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="an empty folder, for a look at the tables")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        once = measure(folder, args.conversations)
        tenfold = measure(folder, TIMES * args.conversations)
    time_ratio = sum(c.seconds for c in tenfold.values()) / sum(c.seconds for c in once.values())
    worst = [max(cost.megabytes for cost in costs.values()) for costs in (once, tenfold)]
    memory_ratio = worst[1] / worst[0]
    report(
        "data_scaling", round(memory_ratio, 2), None, "times the memory at ten times the rows",
        None, f"memory at most {GOAL_MEMORY} times, time at most {GOAL_TIME} times",
        time_ratio=round(time_ratio, 2),
        met=memory_ratio <= GOAL_MEMORY and time_ratio <= GOAL_TIME,
        conversations=args.conversations,
        stages={stage: _compared(once[stage], tenfold[stage]) for stage in STAGES},
    )  # fmt: skip


def _compared(once: Cost, tenfold: Cost) -> dict[str, list[float] | float]:
    """Seconds and megabytes, at once and at ten times the rows, and their ratios."""
    return {
        "seconds": [round(once.seconds, 1), round(tenfold.seconds, 1)],
        "megabytes": [round(once.megabytes), round(tenfold.megabytes)],
        "time_ratio": round(tenfold.seconds / once.seconds, 2),
        "memory_ratio": round(tenfold.megabytes / once.megabytes, 2),
    }


if __name__ == "__main__":
    main()
