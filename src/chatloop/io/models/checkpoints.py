"""Checkpoints of a training: written aside, synced, renamed; a manifest says what whole ones hold.

.dvc/tmp/train/4f0c…/step-00000400/{tensors.safetensors,progress.json,manifest.json}

They stand outside of every DVC out, since DVC deletes those before it runs a stage, and under the
fingerprint of all that goes into the training: other data, weights or params resume nothing.
"""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from chatloop.errors import UserError
from chatloop.io.files import digests, read_json, whole_folder, write_json
from chatloop.training.parallel import ALONE, World
from chatloop.training.progress import Progress
from chatloop.training.snapshots import Snapshot

TENSORS, PROGRESS, MANIFEST = "tensors.safetensors", "progress.json", "manifest.json"
# Who asks us to leave waits ten seconds and then kills; a step or an evaluation may take longer.
LEAVE_SECONDS = 9.0


class Checkpoints:
    """A `Keeper` in a folder: one every so many steps, written by a thread while training goes on.

    `leave` may be set at any time, by a signal for instance: after the step that is under way one
    more is kept, and `Left` is raised. Of several ranks the first writes, and all read.
    """

    def __init__(
        self,
        scratch: Path,
        fingerprint: str,
        every: int,
        say: Callable[[str], None],
        world: World = ALONE,
    ) -> None:
        self.leave = threading.Event()
        self._scratch, self._folder, self._every = scratch, scratch / fingerprint, every
        self._say, self._world = say, world
        self._leaves = False
        self._writer: threading.Thread | None = None

    def newest(self) -> tuple[Progress, dict[str, Tensor]] | None:
        """The newest whole one; one that is damaged is said and passed over."""
        found = None if self._world.rank else self._newest_whole()
        path = self._world.first(found)
        if path is None:
            return None
        progress = Progress.from_json(read_json(path / PROGRESS))
        self._say(f"goes on after step {progress.step}, where the last try was interrupted")
        return progress, load_file(path / TENSORS)

    def wants(self, step: int) -> bool:
        """Every so many steps, and when it is time to leave, which all ranks do together."""
        self._leaves = self._world.any(self.leave.is_set())
        return self._leaves or step % self._every == 0

    def keep(self, progress: Progress, snapshot: Snapshot) -> None:
        """Write in the background; what was kept before goes when this one is whole.

        One that cannot be written, to a full disk for instance, is said; the one before it stays.

        Raises:
            Left: it is time to leave.
        """
        self._wait()
        if not self._world.rank:
            value = progress.to_json()
            self._writer = threading.Thread(target=self._write, args=(value, snapshot))
            self._writer.start()
        if self._leaves:
            self._wait()
            raise Left

    def clear(self) -> None:
        """The training is done: nothing of it or of any other is kept."""
        self._wait()
        if not self._world.rank:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _newest_whole(self) -> Path | None:
        for path in sorted(self._folder.glob("step-*"), reverse=True):
            try:
                _check(path)
            except (UserError, SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
                self._say(f"{path.name}: damaged ({type(error).__name__}), not resumed from")
            else:
                return path
        for path in sorted(self._scratch.glob("*/step-*")):
            if path.parent != self._folder:
                name = f"{path.parent.name[:8]}…/{path.name}"
                self._say(f"{name}: of other inputs, not resumed from; begins anew")
        return None

    def _write(self, progress: dict[str, Any], snapshot: Snapshot) -> None:
        target = self._folder / f"step-{progress['step']:08d}"
        try:
            with whole_folder(target) as aside:
                save_file(_finite(snapshot.tensors()), aside / TENSORS)
                write_json(aside / PROGRESS, progress)
                write_json(aside / MANIFEST, digests(aside))
        except Exception as error:
            self._say(f"warning: {target.name} is not kept: {_line(error)}; training goes on")
            return
        for path in self._folder.glob("step-*"):
            if path != target:
                shutil.rmtree(path, ignore_errors=True)

    def _wait(self) -> None:
        if self._writer is not None:
            self._writer.join()
            self._writer = None


@contextmanager
def signals_set(leave: threading.Event, seconds: float = LEAVE_SECONDS) -> Iterator[None]:
    """SIGTERM and Ctrl-C set `leave` inside the block; a second Ctrl-C ends at once.

    Where the block has not ended after so many seconds the process does, with the last checkpoint
    as it was: a step that takes longer is not worth one that is killed in the middle of a write.
    """
    ended = threading.Event()

    def watch(number: int) -> None:
        if not ended.wait(seconds):
            os._exit(128 + number)

    def handle(number: int, _frame: object) -> None:
        if leave.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not leave.is_set():
            threading.Thread(target=watch, args=(number,), daemon=True).start()
        leave.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        ended.set()
        for number, handler in before.items():
            signal.signal(number, handler)


class Left(KeyboardInterrupt):
    """The training was asked to leave, and its last step is kept."""


def _check(path: Path) -> None:
    """Raises where a file is missing, cut short or changed, or cannot be understood."""
    manifest = read_json(path / MANIFEST)
    found = {name: digest for name, digest in digests(path).items() if name != MANIFEST}
    if found != manifest:
        raise UserError(f"{path}: not what its manifest says")
    Progress.from_json(read_json(path / PROGRESS))


def _finite(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same; one whose weights are no numbers is nothing to go back to."""
    if not all(bool(value.isfinite().all()) for value in tensors.values()):
        raise UserError("there are weights that are no numbers")
    return tensors


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
