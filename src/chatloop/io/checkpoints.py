"""Checkpoints of a training: written aside, synced, renamed; a manifest says what whole ones hold.

.dvc/tmp/train/4f0c…/step-00000400/{tensors.safetensors,progress.json,manifest.json}

They stand outside of every DVC out, since DVC deletes those before it runs a stage, and under the
fingerprint of all that goes into the training: other data, weights or params resume nothing.
"""

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
from chatloop.training.progress import Progress

TENSORS, PROGRESS, MANIFEST = "tensors.safetensors", "progress.json", "manifest.json"


class Checkpoints:
    """A `Keeper` in a folder: one every so many steps, written by a thread while training goes on.

    `leave` may be set at any time, by a signal for instance: after the step that is under way one
    more is kept, and `Left` is raised.
    """

    def __init__(
        self, scratch: Path, fingerprint: str, every: int, say: Callable[[str], None]
    ) -> None:
        self.leave = threading.Event()
        self._scratch, self._folder, self._every = scratch, scratch / fingerprint, every
        self._say = say
        self._writer: threading.Thread | None = None
        self._failed: list[Exception] = []

    def newest(self) -> tuple[Progress, dict[str, Tensor]] | None:
        """The newest whole one; one that is damaged is said and passed over."""
        for path in sorted(self._folder.glob("step-*"), reverse=True):
            try:
                progress, tensors = _read(path)
            except (UserError, SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
                self._say(f"{path.name}: damaged ({type(error).__name__}), not resumed from")
            else:
                self._say(f"goes on after step {progress.step}, where the last try was interrupted")
                return progress, tensors
        return None

    def wants(self, step: int) -> bool:
        """Every so many steps, and when it is time to leave."""
        return self.leave.is_set() or step % self._every == 0

    def keep(self, progress: Progress, tensors: dict[str, Tensor]) -> None:
        """Write in the background; what was kept before goes when this one is whole.

        Raises:
            UserError: the one before could not be written.
            Left: it is time to leave.
        """
        self._wait()
        value = progress.to_json()
        self._writer = threading.Thread(target=self._write, args=(value, tensors))
        self._writer.start()
        if self.leave.is_set():
            self._wait()
            raise Left

    def clear(self) -> None:
        """The training is done: nothing of it or of any other is kept."""
        self._wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _write(self, progress: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        try:
            target = self._folder / f"step-{progress['step']:08d}"
            with whole_folder(target) as aside:
                save_file(tensors, aside / TENSORS)
                write_json(aside / PROGRESS, progress)
                write_json(aside / MANIFEST, digests(aside))
            for path in self._folder.glob("step-*"):
                if path != target:
                    shutil.rmtree(path, ignore_errors=True)
        except Exception as error:
            self._failed.append(error)

    def _wait(self) -> None:
        if self._writer is not None:
            self._writer.join()
            self._writer = None
        if self._failed:
            raise self._failed.pop()


@contextmanager
def signals_set(leave: threading.Event) -> Iterator[None]:
    """SIGTERM and Ctrl-C set `leave` inside the block; a second Ctrl-C ends at once."""

    def handle(number: int, _frame: object) -> None:
        if leave.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        leave.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Left(KeyboardInterrupt):
    """The training was asked to leave, and its last step is kept."""


def _read(path: Path) -> tuple[Progress, dict[str, Tensor]]:
    manifest = read_json(path / MANIFEST)
    found = {name: digest for name, digest in digests(path).items() if name != MANIFEST}
    if found != manifest:
        raise UserError(f"{path}: not what its manifest says")
    return Progress.from_json(read_json(path / PROGRESS)), load_file(path / TENSORS)
