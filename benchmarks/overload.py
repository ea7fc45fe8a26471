"""Ten times the load that a server can take: are those whom it lets in answered as soon as before?

    python -m benchmarks.overload --json

The server runs in a process of its own over a model of a fixed speed (`--streams` answers at once,
`--tokens` tokens of `--token-seconds` each), so that what it can take is known and the machine is not
what is measured. Requests come at random moments (Poisson), at that rate and at ten times that rate,
from another process's clock: a late answer holds up no request. With `--real` the server runs GPT-2's 124 M
shape in int8 instead, and what it can take is measured first, with as many requests as streams, again
and again; the load is eight tenths of that, and ten times as much. The figure is the 99th percentile of
the time to the first token of accepted requests, the worse of two times ten over once.
"""

import argparse
import json
import os
import random
import re
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from benchmarks.report import SGD, report, without
from benchmarks.serve_cpu import commands, made, running
from benchmarks.streams import streamed

SEED = 7
ASK = {
    "messages": [{"role": "user", "content": "Where is my order?"}], "stream": True, "max_tokens": 16,
}  # fmt: skip
SHARE = 0.8  # of what a real engine can take


def load(url: str, rate: float, seconds: float) -> tuple[Counter[int], list[float]]:
    """Requests at random moments, `rate` a second; seconds to the first words of the accepted."""
    chance, moments = random.Random(SEED), [0.0]
    while moments[-1] < seconds:
        moments.append(moments[-1] + chance.expovariate(rate))
    came = streamed(url, [ASK] * len(moments), moments)
    refused = [one for one in came if one.status == 429]
    assert all("retry-after: " in one.head for one in refused)
    return Counter(one.status for one in came), [one.first for one in came if one.status == 200]


def percentile(values: list[float], share: float) -> float:
    """The value below which so large a share lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def main() -> None:
    """The last line is the result."""
    from tests.serve.fake import child

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--waiting", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--token-seconds", type=float, default=0.05)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--real", action="store_true", help="GPT-2's shape instead of a fake model")
    args = parser.parse_args()
    if args.real:
        real(args)
        return
    rate = args.streams / (args.tokens * args.token_seconds)
    changes: dict[str, Any] = {
        "seconds": args.token_seconds,
        "tokens": args.tokens,
        "engine": {"max_streams": args.streams},
        "limits": {"waiting": args.waiting},
    }
    with (
        TemporaryDirectory() as folder,
        child(Path(folder), **changes) as started,
    ):
        loaded(started.url, psutil.Process(started.process.pid), rate, args)


def real(args: Any) -> None:
    """A server as shipped, but in int8 and with the streams of the command line."""
    tokenizer = SGD.parents[1] / "models" / "gpt2-tokenizer"
    if not tokenizer.is_dir():
        without("GPT-2's tokenizer is not here")
        return
    with TemporaryDirectory() as name:
        folder = made(Path(name) / "gpt2", tokenizer)
        command = commands(folder, Path(name), os.cpu_count() or 1, drafts=True)["chatloop int8"]
        params = command[1] / "params.yaml"
        text = re.sub(r"(\n    max_streams:) \d+", rf"\1 {args.streams}", params.read_text())
        params.write_text(re.sub(r"(\n    waiting:) \d+", rf"\1 {args.waiting}", text))
        with running(*command) as server:
            rate = SHARE * taken(command[2], args.streams, args.seconds)
            loaded(command[2], server, rate, args)


def taken(url: str, streams: int, seconds: float) -> float:
    """Requests a second that `streams` clients get answered, each time all of them."""
    answered, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        answered += sum(one.status == 200 for one in streamed(url, [ASK] * streams))
    return answered / (time.perf_counter() - began)


def loaded(url: str, server: psutil.Process, rate: float, args: Any) -> None:
    """The load that it can take, and ten times as much, twice."""
    figures, memory = [], []
    for times in (1, 10, 10):
        statuses, waits = load(url, rate * times, args.seconds)
        memory.append(server.memory_info().rss // 2**20)
        figures.append({
            "times": times, "accepted": statuses[200], "refused": statuses[429],
            "other": statuses.total() - statuses[200] - statuses[429],
            "p50_s": round(percentile(waits, 0.5), 4), "p99_s": round(percentile(waits, 0.99), 4),
            "rss_mib": memory[-1],
        })  # fmt: skip
        print(json.dumps(figures[-1]), flush=True)
    report(
        "overload",
        max(one["p99_s"] for one in figures[1:]),
        figures[0]["p99_s"],
        "s to the first token, 99th percentile of accepted; ours is ten times the load",
        all(one["other"] == 0 for one in figures),
        "at most 2 times; the rest 429; memory flat",
        requests_a_second=round(rate, 2),
        memory_growth_mib=memory[2] - memory[1],
        loads=figures,
    )


if __name__ == "__main__":
    main()
