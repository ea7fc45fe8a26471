"""What the size of a model adds to its registration, and how long its files take to copy.

    python -m benchmarks.register --json

A GPT-2 of 124 M random weights (500 MB) is recorded and registered in a store on this disk, as the
flow does after the gate, and a model of a few kilobytes likewise; the difference is what the large
one adds. The rival copies its files (`shutil.copytree`). They take turns, each version is new.
`equal` says that what the store keeps has the sha256 of the candidate, file by file.

Recording reads the candidate and hashes it, once a process: `hashing` is the time of that.
`with_hashing` is what a process adds that registers without having recorded.
"""

import argparse
import json
import os
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.report import report
from chatloop.io.files import digests, folder_sha256, read_json, sha256, write_json
from chatloop.io.models import hub
from chatloop.io.registry.holding import local_model
from chatloop.io.registry.register import register
from chatloop.io.tracking import record
from chatloop.modeling.tiny import build_tokenizer
from chatloop.params import Tiny

NAME, CANDIDATE, VERDICT = "chatloop", Path("models/candidate"), Path("reports/verdict.json")
TOKENIZER = Tiny(vocab_size=512, layers=1, width=16, heads=1, context=64, seed=7)
Times = tuple[float, float]  # of the wall clock, and of the CPU


def make_candidate(folder: Path, width: int, layers: int, words: int) -> None:
    """A GPT-2 with random weights, as the train stage saves a candidate."""
    from transformers import GPT2Config, GPT2LMHeadModel

    tokenizer = build_tokenizer(["where is my order", "it left us today"], TOKENIZER)
    config = GPT2Config(
        vocab_size=words, n_positions=1024, n_embd=width, n_layer=layers, n_head=max(1, width // 64),
        bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    hub.save(GPT2LMHeadModel(config), tokenizer, folder)
    hub.write_card(folder, source="benchmark", revision=None, licence=None, trained_context=1024)


def registered(candidate: Path, mark: str) -> tuple[Times, bool]:
    """Seconds that a new version of a candidate takes, and whether the store has its bytes."""
    CANDIDATE.unlink(missing_ok=True)
    CANDIDATE.symlink_to(candidate, target_is_directory=True)
    card = read_json(candidate / hub.CARD)
    write_json(candidate / hub.CARD, {**card, "mark": mark})
    write_json(VERDICT, {"verdict": "HOLD", "candidate_sha256": folder_sha256(CANDIDATE)})
    run = record(Path())
    taken = timed(lambda: register(NAME, CANDIDATE, run, VERDICT))
    kept = local_model(NAME, "candidate")
    same = {name: sha256(kept / name) for name in digests(candidate)} == digests(candidate)
    shutil.rmtree(kept)  # some rounds would fill a disk
    return taken, same


def copied(candidate: Path) -> Times:
    """Seconds of a copy."""
    taken = timed(lambda: shutil.copytree(candidate, "copy"))
    shutil.rmtree("copy")
    return taken


def timed(task: Callable[[], object]) -> Times:
    """Seconds of the wall clock, and of the CPU in all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - wall, time.process_time() - cpu


def measure(rounds: int, width: int, layers: int, words: int) -> dict[str, Any]:
    """Medians over the rounds, in a project of its own that is the working folder."""
    for folder in ("models", "reports"):
        Path(folder).mkdir()
    large, small = Path("large").resolve(), Path("small").resolve()
    make_candidate(large, width, layers, words)
    make_candidate(small, 16, 1, 512)
    registered(small, "warm")
    hashing = timed(lambda: [sha256(path) for path in large.iterdir()])
    found: dict[str, list[Times]] = {"large": [], "small": [], "copy": []}
    equal = []
    for at in range(rounds):
        for name, candidate in (("large", large), ("small", small)):
            taken, same = registered(candidate, f"{name} {at}")
            found[name].append(taken)
            equal.append(same)
        found["copy"].append(copied(large))
        print(json.dumps({name: times[-1][0] for name, times in found.items()}), flush=True)
    medians = {
        name: [statistics.median(column) for column in zip(*times, strict=True)]
        for name, times in found.items()
    }
    size = sum(path.stat().st_size for path in large.iterdir())
    return {**medians, "equal": all(equal), "megabytes": size / 1e6, "hashing": hashing}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--words", type=int, default=50_257)
    args = parser.parse_args()
    with TemporaryDirectory(dir=Path.cwd()) as folder:
        os.chdir(folder)
        found = measure(args.rounds, args.width, args.layers, args.words)
        os.chdir("..")
    adds, cpu = (found["large"][at] - found["small"][at] for at in (0, 1))
    copy = found["copy"]
    report(
        "register", round(adds, 3), round(copy[0], 3), "seconds that the model adds",
        found["equal"], "at most 1.5 times", cpu_ratio=cpu / copy[1],
        whole=round(found["large"][0], 3), megabytes=round(found["megabytes"]),
        hashing=round(found["hashing"][0], 3),
        with_hashing=round(adds + found["hashing"][0], 3), rounds=args.rounds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
