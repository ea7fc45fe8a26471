"""The processes of a training on several devices: started together, and ended together.

code = supervise("chatloop.stages.train", ["--tokens", "data/tokenize", …], 4)

Each is told who it is as torchrun tells it, so torchrun may start them, too. A signal goes to all
and one that dies ends all. When we are gone, by kill -9 for instance, each reads the end of its
stdin and goes.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from chatloop.errors import UserError

RENDEZVOUS = "CHATLOOP_RENDEZVOUS"
INTERRUPTED = 130  # as a shell says it
LOST = 75  # exit code of a rank that ended because it lost another
GRACE_SECONDS, TICK_SECONDS = 10.0, 0.1

Rank = subprocess.Popen[bytes]


def is_rank() -> bool:
    """Whether this process is one of several that were started together."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def live_with_the_supervisor() -> None:
    """In a rank: go when the process that started us has gone, whatever ended it."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    if RENDEZVOUS in os.environ:
        threading.Thread(target=watch, daemon=True).start()


def supervise(module: str, arguments: Sequence[str], size: int) -> int:
    """Run `python -m MODULE …` in `size` processes of this machine; returns their exit code.

    The first one writes to our stdout and stderr, and says what goes wrong with all.

    Raises:
        UserError: one of them was killed, or failed alone.
    """
    ranks: list[Rank] = []
    with tempfile.TemporaryDirectory(prefix="chatloop-ranks-") as name, _passed_on(ranks) as asked:
        try:
            for rank in range(size):
                ranks.append(_start(module, arguments, rank, size, Path(name)))
            failed = _first_to_fail(ranks)
            if asked and failed is not None:
                return INTERRUPTED
            return _outcome(ranks, failed, Path(name))
        finally:
            for each in ranks:
                each.kill()
                each.wait()


def _start(module: str, arguments: Sequence[str], rank: int, size: int, folder: Path) -> Rank:
    who = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size}
    env = {name: str(value) for name, value in who.items()}
    # One machine: nothing listens where another could reach it.
    for library in ("GLOO", "NCCL"):
        env[f"{library}_SOCKET_IFNAME"] = _loopback()
    env[RENDEZVOUS] = (folder / "store").as_uri()
    with _log(folder, rank).open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL if rank else None,
            stderr=log if rank else None,
        )


def _first_to_fail(ranks: Sequence[Rank]) -> int | None:
    """Wait for all; a while after one has failed, the others are ended. Returns the first to fail
    of itself."""
    failed: list[int] = []
    deadline = None
    while any(rank.poll() is None for rank in ranks):
        failed += [at for at, r in enumerate(ranks) if r.poll() and at not in failed]
        deadline = deadline or (time.monotonic() + GRACE_SECONDS if failed else None)
        if deadline is not None and time.monotonic() > deadline:
            break
        time.sleep(TICK_SECONDS)
    failed += [at for at, r in enumerate(ranks) if r.poll() and at not in failed]
    return next(
        (at for at in failed if ranks[at].returncode != LOST), failed[0] if failed else None
    )


def _outcome(ranks: Sequence[Rank], failed: int | None, folder: Path) -> int:
    if failed is None:
        return 0
    first, code = ranks[0].poll(), ranks[failed].returncode
    if first is not None and first > 0 and first != LOST:
        return first  # it has said why
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    said = _log(folder, failed).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    why = f": {said[-1]}" if said else ""
    raise UserError(
        f"process {failed} of {len(ranks)} {how}{why}; all were ended, and the next run goes on "
        "from the last checkpoint"
    )


@contextmanager
def _passed_on(ranks: Sequence[Rank]) -> Iterator[list[int]]:
    """SIGTERM and Ctrl-C ask all to leave; a second Ctrl-C ends all."""
    asked: list[int] = []

    def handle(number: int, _frame: object) -> None:
        if number == signal.SIGINT and number in asked:
            raise KeyboardInterrupt
        asked.append(number)
        for rank in ranks:
            rank.send_signal(signal.SIGTERM)

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log(folder: Path, rank: int) -> Path:
    return folder / f"rank-{rank}.log"


def _loopback() -> str:
    names = (name for _, name in socket.if_nameindex())
    return next((name for name in names if name.startswith("lo")), "lo")
