"""A thousand clients that leave at random moments: is every stream free again, and how soon?

    python -m benchmarks.disconnects --json

The server runs in this process over a model of a fixed speed, so that the moment at which the model's
iterator is closed can be seen; clients are raw sockets that are closed while the answer comes, before it
comes, or while they wait for their turn. The figure is the 99th percentile from a socket's end to its
stream's end.
"""

import argparse
import asyncio
import json
import random
import time
from contextlib import aclosing
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import report
from tests.serve.fake import FakeModel, serving

SEED = 7
STREAMS = 16
ALLOWED_SECONDS = 0.1
BODY = '{"messages": [{"role": "user", "content": "Where is it?"}], "max_tokens": 50, "stream": %s}'


class Watched(FakeModel):
    """Notes when a stream ended."""

    def __init__(self) -> None:
        super().__init__(seconds=0.02)
        self.ends: dict[int, float] = {}

    async def stream(self, prompt, sampling):  # type: ignore[no-untyped-def]
        """As the fake one; the seed names the request."""
        try:
            async with aclosing(super().stream(prompt, sampling)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            self.ends[sampling.seed] = time.perf_counter()


async def leave(port: int, number: int, lefts: dict[int, float]) -> None:
    """One request, and away at a random moment."""
    chance = random.Random(SEED * 10**6 + number)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = (BODY % chance.choice(("true", "false")))[:-1] + f', "seed": {number}}}'
    writer.write(
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    await asyncio.sleep(chance.uniform(0, 0.3))
    lefts[number] = time.perf_counter()
    writer.close() if chance.random() < 0.5 else writer.transport.abort()
    del reader


async def run(port: int, count: int) -> dict[int, float]:
    """All of them, some at a time."""
    lefts: dict[int, float] = {}
    turns = asyncio.Semaphore(STREAMS + 4)

    async def one(number: int) -> None:
        async with turns:
            await leave(port, number, lefts)

    await asyncio.gather(*[one(number) for number in range(count)])
    return lefts


def main() -> None:
    """The last line is the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--disconnects", type=int, default=1000)
    args = parser.parse_args()
    model = Watched()
    with (
        TemporaryDirectory() as folder,
        serving(Path(folder), model, engine={"max_streams": STREAMS}) as server,
    ):
        lefts = asyncio.run(run(int(server.url.rpartition(":")[2]), args.disconnects))
        admission = server.serving.admission
        deadline = time.perf_counter() + 5
        while (
            model.open or admission.in_flight or admission.waiting
        ) and time.perf_counter() < deadline:
            time.sleep(0.01)
        lost = max(model.open, admission.in_flight)
    waits = sorted(
        model.ends[number] - left for number, left in lefts.items() if number in model.ends
    )
    late = waits[min(int(len(waits) * 0.99), len(waits) - 1)]
    print(json.dumps({"began": len(waits), "of": args.disconnects}))
    report(
        "disconnects",
        round(max(late, 0.0), 4),
        ALLOWED_SECONDS,
        "s from a client's end to its stream's end, 99th percentile",
        lost == 0,
        "at most 0.1 s; no stream lost",
        streams_lost=lost,
        streams_begun=len(waits),
        longest_s=round(max(waits[-1], 0.0), 4),
    )


if __name__ == "__main__":
    main()
