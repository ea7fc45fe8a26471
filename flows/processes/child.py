"""A Python module as a child that cannot outlive us: both ends of its lifeline are in this file.

    code = run("flows.processes.reproduce", ["clean"], root, on_line=logger.info)

The child leads a process group of its own. Whatever ends `run` (its end, Ctrl-C, a cancelled flow,
a time limit) ends the group. Against kill -9 of ourselves, which runs no code of ours, the child's
stdin is a pipe that only we can write to: when we are gone it reads the end of it and kills its
own group. `python -m flows.processes.child MODULE …` is that other end.
"""

import os
import runpy
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

GRACE_SECONDS = 10.0  # a training keeps its last step
TICK_SECONDS = 0.2


def run(
    module: str,
    arguments: Sequence[str],
    cwd: Path,
    *,
    on_line: Callable[[str], None],
    on_tick: Callable[[], None] = lambda: None,
    env: Mapping[str, str] | None = None,
) -> int:
    """Run `python -m MODULE …` to the end; stdout and stderr go to `on_line` by line.

    `on_tick` is called at least every 0.2 s; what it or `on_line` raises ends the child.

    Returns:
        The exit code; 128 + n where signal n ended the child, as a shell says it.
    """
    process = start(module, arguments, cwd, stdout=subprocess.PIPE, env=env)
    try:
        for line in _lines(process, on_tick):
            on_line(line)
        code = process.wait()
    finally:
        end(process)
    return code if code >= 0 else 128 - code


def start(
    module: str,
    arguments: Sequence[str],
    cwd: Path,
    *,
    stdout: int | IO[bytes],
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child on a lifeline; hand it to `end`. Our Python comes first on its PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "flows.processes.child", module, *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", **(env or {})},
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=pass_fds,
    )


def end(process: subprocess.Popen[bytes], grace_seconds: float = GRACE_SECONDS) -> None:
    """SIGTERM to all of the child's group, then SIGKILL to whoever is left after the grace."""
    try:
        _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while _group_lives(process.pid) and time.monotonic() < deadline:
            time.sleep(TICK_SECONDS / 10)
    finally:
        _signal(process, signal.SIGKILL)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()


def main(module: str) -> None:
    """In the child: watch the lifeline, then be `module`; it and what it starts get no stdin."""
    lifeline = os.dup(0)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _watch(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def _lines(process: subprocess.Popen[bytes], on_tick: Callable[[], None]) -> Iterator[str]:
    """Lines until the pipe ends, or until the child ended and a process that it left is silent."""
    assert process.stdout is not None
    unfinished = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            on_tick()
            if selector.select(TICK_SECONDS):
                chunk = os.read(process.stdout.fileno(), 1 << 16)
                *whole, unfinished = (unfinished + chunk).split(b"\n")
                yield from map(_shown, whole)
                if not chunk:
                    break
            elif process.poll() is not None:
                break
    if unfinished:
        yield _shown(unfinished)


def _shown(line: bytes) -> str:
    """What a terminal would show of a line: a progress bar that redraws itself, once."""
    return line.decode(errors="replace").rstrip().rsplit("\r", 1)[-1]


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal the child's group, where anybody is left in it (macOS has two ways to say no)."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _group_lives(group: int) -> bool:
    """Whether a process of the group runs; the dead that nobody buries do not count."""
    for process in psutil.process_iter(["pid", "status"]):
        with suppress(ProcessLookupError, PermissionError):
            if (
                process.info["status"] != psutil.STATUS_ZOMBIE
                and os.getpgid(process.info["pid"]) == group
            ):
                return True
    return False


if __name__ == "__main__":
    del sys.argv[0]
    main(sys.argv[0])
