"""The flow's first step: what is new in the store becomes a table that DVC tracks.

feedback: 1,204 opinions, 31 of them new, up to row 1,240
"""

# ruff: noqa: PLC0415  (the store's libraries are needed where there is a store)

from pathlib import Path

from chatloop.errors import UserError
from chatloop.io.feedback.manifest import FOLDER, PIN
from chatloop.io.sources import FEEDBACK
from chatloop.params import Params
from flows.processes import child

TRACKED = FOLDER.with_name(f"{FOLDER.name}.dvc")


def wants_feedback(params: Params) -> bool:
    """Whether feedback is a source, and a store is there that may have some."""
    store, sources = params.serve.store, params.ingest.sources
    there = store.url is not None or any(Path(store.folder).glob("*.db"))
    return there and any(source.path == FEEDBACK for source in sources)


def snapshot_feedback(root: Path, params: Params) -> str:
    """Copy what is new and have DVC track it; returns one line for a person.

    Raises:
        UserError: the store is not the snapshot's, or DVC refuses to track it.
        UnreachableError: the database does not answer.
    """
    from chatloop.io.feedback.snapshot import snapshot
    from chatloop.io.store import Reader, opened

    before = PIN.read_bytes() if PIN.is_file() else b""
    with opened(params.serve.store) as engine:
        said = snapshot(Reader(engine) if engine else None, FOLDER, PIN)
    if FOLDER.is_dir() and (PIN.read_bytes() != before or not TRACKED.is_file()):
        track_snapshot(root)
    return said


def track_snapshot(root: Path) -> None:
    """`dvc add` of the snapshot's folder, so that `dvc push` and `dvc pull` carry it.

    Raises:
        UserError: DVC refuses.
    """
    lines: list[str] = []
    code = child.run("dvc", ["add", "--quiet", FOLDER.as_posix()], root, on_line=lines.append)
    if code:
        why = next((line.strip() for line in reversed(lines) if line.strip()), f"ended with {code}")
        raise UserError(f"{FOLDER}: DVC does not track it: {why}")
