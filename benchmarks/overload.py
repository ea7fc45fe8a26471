"""Ten times the load that a server can take: are those whom it lets in answered as soon as before?

    python -m benchmarks.overload --json

The server runs in a process of its own over a model of a fixed speed (`--streams` answers at once,
`--tokens` tokens of `--token-seconds` each), so that what it can take is known and the machine is not
what is measured. Requests come at random moments (Poisson), at that rate and at ten times that rate,
from another process's clock: a late answer holds up no request. With `--real` the server runs GPT-2's 124 M
shape in int8 instead, and what it can take is measured first, with as many clients as streams that ask
again at once; the load is eight tenths of that, and ten times as much. The figure is the 99th percentile of
the time to the first token of accepted requests, ten times over once.
"""

import argparse
import asyncio
import json
import os
import random
import re
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil

from benchmarks.report import SGD, report, without
from benchmarks.serve_cpu import commands, made, running

SEED = 7
CHAT = "/v1/chat/completions"
ASK = {
    "messages": [{"role": "user", "content": "Where is my order?"}], "stream": True, "max_tokens": 16,
}  # fmt: skip
WORDS = re.compile('"content":"[^"]')
SHARE = 0.8  # of what a real engine can take


async def ask(http: httpx.AsyncClient, statuses: Counter[int], waits: list[float]) -> None:
    """One request; the time to its first word where it was let in."""
    began = time.perf_counter()
    async with http.stream("POST", CHAT, json=ASK) as answer:
        statuses[answer.status_code] += 1
        if answer.status_code != 200:
            assert "retry-after" in answer.headers
            return
        first = True
        async for line in answer.aiter_lines():
            if first and WORDS.search(line):
                waits.append(time.perf_counter() - began)
                first = False


async def load(url: str, rate: float, seconds: float) -> tuple[Counter[int], list[float]]:
    """Requests at random moments, `rate` a second."""
    chance, statuses, waits = random.Random(SEED), Counter[int](), list[float]()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=200)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http:
        tasks, end = [], time.perf_counter() + seconds
        due = time.perf_counter()
        while due < end:
            due += chance.expovariate(rate)
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            tasks.append(asyncio.create_task(ask(http, statuses, waits)))
        await asyncio.gather(*tasks)
    return statuses, waits


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
            rate = SHARE * asyncio.run(taken(command[2], args.streams, args.seconds))
            loaded(command[2], server, rate, args)


async def taken(url: str, streams: int, seconds: float) -> float:
    """Requests a second that `streams` clients get answered."""
    statuses, end = Counter[int](), time.perf_counter() + seconds

    async def client(http: httpx.AsyncClient) -> None:
        while time.perf_counter() < end:
            await ask(http, statuses, [])

    async with httpx.AsyncClient(base_url=url, timeout=600) as http:
        began = time.perf_counter()
        await asyncio.gather(*(client(http) for _ in range(streams)))
        return statuses[200] / (time.perf_counter() - began)


def loaded(url: str, server: psutil.Process, rate: float, args: Any) -> None:
    """The load that it can take, and ten times as much, twice."""
    figures, memory = [], []
    for times in (1, 10, 10):
        statuses, waits = asyncio.run(load(url, rate * times, args.seconds))
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
        figures[1]["p99_s"],
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
