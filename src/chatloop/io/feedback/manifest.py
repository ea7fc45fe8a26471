"""The pin of the snapshot: which parts it has, what is in them, and who was forgotten.

{"rows": 3, "last": 17, "versions": {"3": 3}, "forgotten": [],
 "parts": [{"path": "data/snapshot/0000-5f0c….parquet", "sha256": "5f0c…", "rows": 3,
            "first": 2, "last": 17, "numbers": 31, "versions": {"3": 3}}]}

Stages read it as they read other pins; the parts lie beside it, in a folder that DVC tracks.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from chatloop.errors import UserError
from chatloop.feedback.table import SNAPSHOT
from chatloop.io.files import read_json, sha256, write_json
from chatloop.io.tables import read_table

PIN, FOLDER = Path("pins/feedback.json"), Path("data/snapshot")


class Frozen(BaseModel):
    """What is read from a file and not changed."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Part(Frozen):
    """Rows of one range of numbers; `numbers` is their sum, `versions` counts rows by version."""

    path: str
    sha256: str
    rows: int
    first: int
    last: int
    numbers: int
    versions: dict[str, int]


class Forgotten(Frozen):
    """Somebody whose rows were removed: the keyed hash alone, how many, and up to which number."""

    caller: str
    rows: int
    until: int


class Manifest(Frozen):
    """All parts, in order of their numbers."""

    parts: list[Part]
    forgotten: list[Forgotten]

    @property
    def rows(self) -> int:
        """Opinions in all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def last(self) -> int:
        """The highest number, 0 where there is none."""
        return max((part.last for part in self.parts), default=0)

    @property
    def versions(self) -> dict[str, int]:
        """Opinions by the version that they are about."""
        return dict(sorted(sum((Counter(p.versions) for p in self.parts), Counter()).items()))


def read_manifest(pin: Path) -> Manifest:
    """What the pin says; an empty one where there is none.

    Raises:
        UserError: it is no manifest.
    """
    if not pin.is_file():
        return Manifest(parts=[], forgotten=[])
    value: Any = read_json(pin)
    try:
        return Manifest.model_validate(
            {key: one for key, one in value.items() if key not in ("rows", "last", "versions")}
        )
    except (ValidationError, AttributeError) as error:
        raise UserError(
            f"{pin}: is no manifest of feedback; `git checkout {pin}` restores it"
        ) from error


def write_manifest(pin: Path, manifest: Manifest) -> bool:
    """Write the pin where it says something new; returns whether it did."""
    sums = {"rows": manifest.rows, "last": manifest.last, "versions": manifest.versions}
    value = {**manifest.model_dump(), **sums}
    if pin.is_file() and read_json(pin) == value:
        return False
    write_json(pin, value)
    return True


def read_parts(manifest: Manifest) -> Iterator[pl.DataFrame]:
    """The rows of every part, in order.

    Raises:
        UserError: a part is not there, or is not what the manifest says.
    """
    for part in manifest.parts:
        yield read_part(part)


def read_part(part: Part) -> pl.DataFrame:
    """The rows of a part; raises as `read_parts` does."""
    if not is_whole(part):
        raise UserError(
            f"{part.path}: is not the part that {PIN} names; `dvc checkout` or `dvc pull` brings it"
            " back, `chatloop feedback snapshot` makes it again from the store"
        )
    return read_table(Path(part.path), SNAPSHOT)


def is_whole(part: Part) -> bool:
    """Whether the file is there with the bytes that the manifest says."""
    path = Path(part.path)
    return path.is_file() and sha256(path) == part.sha256
