"""A candidate's files into the artifact store: what it keeps is what it was given, or nothing is.

    put(store, logged, Path("models/candidate"), {"model.safetensors": "9f…", …})

Where the store is on this machine, each block is written, read again and compared while it is still
in the processor's cache: a copy that is hashed afterwards takes three times as long. From any other
store the files are fetched again and hashed.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import digests, sha256
from chatloop.io.mlflow_store.connection import Store, local_path
from chatloop.io.registry import versions
from chatloop.io.registry.versions import MODEL, Version

BLOCK = 1 << 18  # bytes; two of them fit into the cache of one core
HANDS = 2  # as many parts of a file at a time


def put(store: Store, logged: Any, candidate: Path, files: Mapping[str, str]) -> None:
    """Store the files of a candidate beside what MLflow keeps of the model `logged`.

    Raises:
        UserError: the store did not keep the bytes, or the candidate changed meanwhile.
    """
    location = f"{logged.artifact_location.rstrip('/')}/{MODEL}"
    here = local_path(location)
    if here is None:
        store.client.log_model_artifacts(logged.model_id, str(candidate), MODEL)
        verify(store, location, files)
        return
    for file in files:
        copy(candidate / file, here / file)
    if digests(candidate) != files:
        raise UserError(f"{candidate}: changed while it was registered; run again")


def mend(store: Store, version: Version, candidate: Path) -> None:
    """Files that a store on this machine has lost, or only in part, are put back."""
    place = versions.place_of(store, version)
    here = local_path(place)
    if here is None or all(_same_size(here / file, candidate / file) for file in version.files):
        return
    for file in version.files:
        copy(candidate / file, here / file)
    verify(store, place, version.files)


def verify(store: Store, location: str, files: Mapping[str, str]) -> None:
    """What the store gives back is what was given to it.

    Raises:
        UserError: it is not; the file is named.
    """
    with versions.fetched(store, location) as stored:
        for file, digest in files.items():
            if not (stored / file).is_file() or sha256(stored / file) != digest:
                raise _not_kept(stored / file)


def copy(source: Path, target: Path) -> None:
    """The same bytes in another file.

    Raises:
        UserError: what is read again is not what was written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    size = source.stat().st_size
    part = -(-size // HANDS // BLOCK) * BLOCK or BLOCK
    with source.open("rb", 0) as given, target.open("w+b", 0) as kept:
        kept.truncate(size)
        with ThreadPoolExecutor(HANDS) as hands:
            starts = range(0, size, part)
            same = hands.map(
                lambda start: _copy_part(given.fileno(), kept.fileno(), start, start + part), starts
            )
            if not all(same):
                raise _not_kept(target)


def _copy_part(given: int, kept: int, start: int, end: int) -> bool:
    """Whether the bytes from `start` on are the same when read again."""
    said, heard = bytearray(BLOCK), bytearray(BLOCK)
    for at in range(start, end, BLOCK):
        size = os.preadv(given, [said], at)
        if size < BLOCK:  # the last of the file; views would be compared item by item, slowly
            said, heard = said[:size], bytearray(size)
        if os.pwrite(kept, said, at) != size or os.preadv(kept, [heard], at) != size:
            return False
        if said != heard or not size:
            return said == heard
    return True


def _not_kept(file: Path) -> UserError:
    return UserError(
        f"{file.parent}: {file.name} is not what was uploaded; nothing is registered. Look at the "
        "disk of the artifact store and run again"
    )


def _same_size(stored: Path, given: Path) -> bool:
    return stored.is_file() and stored.stat().st_size == given.stat().st_size
