"""The DVC repository that a flow works in: held by one flow at a time, asked in process.

with hold(root):
    Repository(root).changed("clean")  →  False, in 0.02 s
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from voluptuous import Invalid

from chatloop.errors import BusyError, UserError
from chatloop.io.locks import locked
from flows.dag import name_of, one_line

HELD = ".dvc/tmp/flow.lock"


class Repository:
    """Answers from DVC itself, without a process of its own; dvc.yaml is read once."""

    def __init__(self, root: Path) -> None:
        self._repo = Repo(str(root))
        self._nodes: dict[str, Any] | None = None

    def changed(self, stage: str) -> bool:
        """Whether the stage's command, deps, params or outs differ from dvc.lock.

        Ask before the stage runs: what dvc.lock says of it is read once, too.

        Raises:
            BusyError: another DVC command holds the repository, for more than three seconds.
            UserError: DVC refuses dvc.yaml or params.yaml.
        """
        try:
            with self._repo.lock:
                if self._nodes is None:
                    nodes = self._repo.index.stages
                    self._nodes = {name_of(node): node for node in nodes if node.cmd}
                return bool(self._nodes[stage].status())
        except LockError as error:
            raise BusyError(
                "another DVC command holds the repository; wait for its end, then run again"
            ) from error
        except DvcException as error:
            raise UserError(one_line(error)) from error

    def remote(self) -> str | None:
        """Name of the default remote, where there is one."""
        name = self._repo.config["core"].get("remote")
        return None if name is None else str(name)

    def cache(self) -> Path:
        """Where what DVC keeps is."""
        return Path(self._repo.cache.local_cache_dir)

    def remotes(self) -> dict[str, str]:
        """Name to address of every remote, relative paths made absolute."""
        config = self._repo.config["remote"]
        return {name: str(remote["url"]) for name, remote in config.items()}


@contextmanager
def hold(root: Path) -> Iterator[None]:
    """No second flow in the repository meanwhile; the kernel lets go of it however we end.

    Raises:
        BusyError: another flow holds it.
        UserError: `root` is no DVC repository.
    """
    if not (root / ".dvc").is_dir():
        raise UserError(f"{root}: is no DVC repository; run in a chatloop project, or `dvc init`")
    what, advice = "another run holds the repository", "wait for its end, or end it"
    with locked(root / HELD, what, advice):
        yield


def put_away(root: Path) -> list[str]:
    """Put away what DVC writes in place and a kill or a full disk cut short; a line for each.

    Without dvc.lock every stage is looked up in the run cache: outputs are restored, not remade.
    Conflict markers are left for the user, DVC names them.
    """
    said = []
    lock, rwlock = root / "dvc.lock", root / ".dvc/tmp/rwlock"
    if lock.exists() and not _whole_lock(lock.read_bytes()):
        aside = lock.replace(root / ".dvc/tmp/dvc.lock.broken")
        said.append(f"dvc.lock was half-written; kept as {aside.relative_to(root)}, made anew")
    try:
        json.loads(rwlock.read_bytes() if rwlock.exists() else b"{}")
    except ValueError:
        rwlock.unlink()
        said.append(f"{rwlock.relative_to(root)} was half-written; removed")
    return said


def _whole_lock(text: bytes) -> bool:
    try:
        COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(text))
    except (yaml.YAMLError, UnicodeDecodeError, Invalid):
        return b"<<<<<<<" in text
    return True
