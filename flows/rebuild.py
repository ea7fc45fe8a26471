"""A registered version once more: its commit in a clean worktree, its inputs, the same stages.

    rebuild: version 4: 10 stages at commit 1a2b3c4d5e6f
    rebuild: chatloop version 4 was made again: all 9 files are the same, bit for bit

Every stage up to the candidate runs anew, nothing comes out of a cache but what cannot be made
again: where the sources are not what they were, what ingest read of them comes from DVC.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import digests, sha256
from flows.dag import Stage, read_dag
from flows.processes import child
from flows.repository import Repository

CANDIDATE = "models/candidate"
# What a stage reads from outside the project: the pin, and where it lists the files.
PINS = {"pins/sources.json": "files", "pins/feedback.json": "parts", "pins/base.json": "files"}
Say = Callable[[str], None]


class DifferentError(UserError):
    """What was made again is not what was registered. Exit code 1."""

    exit_code = 1


def rebuild(root: Path, version: Mapping[str, Any], origin: Path, say: Say) -> str:
    """Make a version again and compare it; returns the line that says that it is the same.

    Args:
        root: the project, whose commits, cache and remote are used and not changed.
        version: its lineage; `origin` is the folder with its params, dvc.lock and pins.
        say: takes what a person sees while it runs.

    Raises:
        DifferentError: a file differs, named.
        UserError: it was not made from a commit, or something that it needs is gone.
    """
    title = f"{version['model']} version {version['version']}"
    commit = _commit(title, version)
    with _worktree(root, commit) as tree:
        shutil.copytree(origin, tree, dirs_exist_ok=True)
        _share_storage(root, tree)
        stages = _upstream(read_dag(tree))
        say(f"rebuild: {title}: {len(stages)} stages at commit {commit[:12]}")
        for stage in stages:
            _make(stage, root, tree, say)
        made = digests(tree / CANDIDATE)
    wrong = sorted(f for f in {*made, *version["files"]} if made.get(f) != version["files"].get(f))
    if wrong:
        raise DifferentError(f"{title} was made again and differs in {', '.join(wrong)}")
    return f"rebuild: {title} was made again: all {len(made)} files are the same, bit for bit"


def _commit(title: str, version: Mapping[str, Any]) -> str:
    code = version["code"]
    if code["git_commit"] == "none":
        raise UserError(
            f"{title} was made outside of git; there is no commit to make it again from"
        )
    if code["changed"]:
        raise UserError(
            f"{title} was made with changes that were never committed "
            f"({', '.join(code['changed'])}); its commit alone does not make it again"
        )
    return str(code["git_commit"])


@contextmanager
def _worktree(root: Path, commit: str) -> Iterator[Path]:
    """The commit in a folder of its own, gone afterwards."""
    with TemporaryDirectory(prefix="chatloop-rebuild-") as folder:
        tree = Path(folder) / "tree"
        done = _git(root, "worktree", "add", "--detach", str(tree), commit)
        if done.returncode:
            raise UserError(f"git has no commit {commit[:12]} here; fetch it: {_last(done.stderr)}")
        try:
            yield tree
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))


def _share_storage(root: Path, tree: Path) -> None:
    """The worktree reads the project's own cache and remotes, whose paths are relative to it."""
    local = root / ".dvc" / "config.local"
    if local.is_file():
        shutil.copyfile(local, tree / ".dvc" / "config.local")
    settings = {"cache.dir": str(Repository(root).cache())}
    settings |= {f"remote.{name}.url": url for name, url in Repository(root).remotes().items()}
    for key, value in settings.items():
        _dvc(["config", "--local", key, value], tree, lambda _: None)


def _upstream(stages: Sequence[Stage]) -> list[Stage]:
    """The stage that writes the candidate and all that it waits for, in order."""
    by_name = {stage.name: stage for stage in stages}
    waiting = [stage.name for stage in stages if CANDIDATE in stage.outs]
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting += [one for one in by_name[name].upstream if one not in needed]
    return [stage for stage in stages if stage.name in needed]


def _make(stage: Stage, root: Path, tree: Path, say: Say) -> None:
    """Run a stage, whatever a cache holds; where its files are gone, take what it made then."""
    pins = [pin for pin in PINS if pin in stage.deps]
    if not all(_bring(root, tree, pin) for pin in pins):
        say(f"{stage.name}: its files are not what they were; what was read of them is fetched")
        outs = [out for out in stage.outs if not out.startswith("reports/")]
        _checked(stage, _dvc(["pull", *outs], tree, say))
        return
    lines: list[str] = []

    def heard(line: str) -> None:
        lines.append(line)
        if line.startswith(f"{stage.name}: "):
            say(line)

    arguments = ["repro", "--single-item", "--force", "--no-run-cache", stage.name]
    _checked(stage, _dvc(arguments, tree, heard), lines)


def _checked(stage: Stage, code: int, lines: Sequence[str] = ()) -> None:
    if code:
        said = [line for line in lines if "error" in line.lower()] or list(lines)
        raise UserError(f"rebuild: {stage.name} ended with {code}: {_last(chr(10).join(said))}")


def _bring(root: Path, tree: Path, pin: str) -> bool:
    """Whether every file that was read then is there with the same bytes; those that lie in the
    project are taken along."""
    for file in _pinned(tree / pin, PINS[pin]):
        path = root / Path(file["path"]).expanduser()
        if not path.is_file() or sha256(path) != file["sha256"]:
            return False
        here = tree / file["path"]
        if not here.exists():
            here.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, here)
    return True


def _pinned(pin: Path, key: str) -> list[dict[str, str]]:
    """Path and sha256 of what a pin names."""
    found = json.loads(pin.read_text(encoding="utf-8"))[key] if pin.is_file() else []
    return list(found)


def _dvc(arguments: Sequence[str], tree: Path, say: Say) -> int:
    """DVC on the code of the worktree; what it trains goes to no store of ours."""
    code = os.pathsep.join([str(tree / "src"), str(tree)])
    env = {"PYTHONPATH": code, "MLFLOW_TRACKING_URI": "", "MLFLOW_REGISTRY_URI": ""}
    return child.run("dvc", arguments, tree, on_line=say, env=env)


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def _last(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no more was said")
