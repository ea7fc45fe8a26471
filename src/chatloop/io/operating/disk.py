"""How full the disk is, and how much of it is ours.

usage(Path("."), {"DVC cache": Path(".dvc/cache")})  →  Disk(free=9e9, total=1e11, parts={…})
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

# A cache of millions of files would take longer than anybody waits for a screen.
MOST_FILES = 20_000


@dataclass(frozen=True)
class Part:
    """Bytes of a folder or file; `whole` is false where there is more than was looked at."""

    bytes: int
    whole: bool


@dataclass(frozen=True)
class Disk:
    """Bytes of the disk that the project is on, and of the project's parts that are there."""

    free: int
    total: int
    parts: Mapping[str, Part]


def usage(root: Path, parts: Mapping[str, Path]) -> Disk:
    """Sizes of the disk and of named parts of the project; a part that is missing is left out."""
    disk = shutil.disk_usage(root)
    there = {name: path for name, path in parts.items() if path.exists()}
    return Disk(disk.free, disk.total, {name: _size(path) for name, path in there.items()})


def _size(path: Path) -> Part:
    if path.is_file():
        return Part(path.stat().st_size, whole=True)
    sizes = list(islice(_sizes(path), MOST_FILES + 1))
    return Part(sum(sizes), whole=len(sizes) <= MOST_FILES)


def _sizes(folder: Path) -> Iterator[int]:
    """Of every file below; what goes away while we look does not count."""
    for here, _, names in os.walk(folder):
        for name in names:
            try:
                yield (Path(here) / name).lstat().st_size
            except OSError:
                continue
