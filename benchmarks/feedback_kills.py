"""A server that is killed with SIGKILL while people post feedback: is what it acknowledged there, once?

    python -m benchmarks.feedback_kills --json

The server runs in a process of its own, over a model that answers at once. Clients send every opinion
with an idempotency key until it is acknowledged, over all restarts. The figure is how many of the
acknowledged ones are in the store exactly once; there is no rival.
"""

import argparse
import asyncio
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks.report import report
from chatloop.io.store import Reader
from chatloop.serve.store.opening import connect, database_url

SEED = 7
ROOT = Path(__file__).parents[1]
TALK = {"messages": [{"role": "user", "content": "Where is my order?"}]}


class Server:
    """One server after the other in the same folder; clients ask where it is now."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url = folder, ""
        self.up = asyncio.Event()
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it on the port that it had before, so that a client only has to try again."""
        changes = f'{{"port": {self.url.rpartition(":")[2] or 0}}}'
        command = [sys.executable, "-m", "tests.serve.child", str(self.folder), changes]
        self._process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
        assert self._process.stderr
        while b'"listening"' not in (
            line := await asyncio.to_thread(self._process.stderr.readline)
        ):
            assert self._process.poll() is None, "the server did not come up"
        self.url = line.decode().rpartition('"url": "')[2].partition('"')[0]
        asyncio.get_running_loop().run_in_executor(None, self._process.stderr.read)
        self.up.set()

    def kill(self) -> None:
        """Without a word of warning."""
        assert self._process
        self.up.clear()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


async def send(server: Server, http: httpx.AsyncClient, identity: str, name: str) -> int:
    """One opinion, until it is acknowledged; returns how often it was sent."""
    body = {"completion_id": identity, "rating": "down", "comment": name}
    for attempt in range(1, 1000):
        await server.up.wait()
        try:
            said = await http.post(
                f"{server.url}/v1/feedback", json=body, headers={"Idempotency-Key": name}
            )
        except httpx.HTTPError:
            await asyncio.sleep(0.01)
            continue
        if said.status_code == 200:
            return attempt
        assert said.status_code in (429, 503), said.text
    raise AssertionError(f"{name} was never acknowledged")


async def run(folder: Path, posts: int, kills: int, clients: int) -> dict[str, Any]:
    """Post all, kill at moments drawn from the seed, and count."""
    server, chance = Server(folder), random.Random(SEED)
    await server.start()
    moments = sorted(chance.sample(range(1, posts), kills))
    acknowledged: list[str] = []
    attempts: Counter[int] = Counter()
    names = iter([f"opinion-{number:05}" for number in range(posts)])
    async with httpx.AsyncClient(timeout=30) as http:
        identity = (await http.post(f"{server.url}/v1/chat/completions", json=TALK)).json()["id"]
        await send(server, http, identity, "the first: the exchange is on the disk")

        async def client() -> None:
            for name in names:
                attempts[await send(server, http, identity, name)] += 1
                acknowledged.append(name)

        async def killer() -> None:
            for moment in moments:
                while len(acknowledged) < moment:
                    await asyncio.sleep(0.0005)
                server.kill()
                await server.start()

        began = time.perf_counter()
        await asyncio.gather(killer(), *[client() for _ in range(clients)])
        seconds = time.perf_counter() - began
        server.kill()
    engine = connect(database_url(None, folder))
    kept = Counter(one.comment for _, one in Reader(engine).feedback())
    engine.dispose()
    return {
        "once": sum(kept[name] == 1 for name in acknowledged),
        "acknowledged": len(acknowledged),
        "rows": sum(kept.values()) - 1,
        "sent_again": sum(count for attempt, count in attempts.items() if attempt > 1),
        "seconds": round(seconds, 1),
    }


def main() -> None:
    """The last line is the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--clients", type=int, default=16)
    args = parser.parse_args()
    with TemporaryDirectory() as name:
        found = asyncio.run(run(Path(name), args.posts, args.kills, args.clients))
    report(
        "feedback_kills",
        found.pop("once"),
        None,
        "of the acknowledged opinions, there exactly once",
        found["rows"] == found["acknowledged"] == args.posts,
        f"{args.posts} of {args.posts}",
        kills=args.kills,
        **found,
    )


if __name__ == "__main__":
    main()
