"""Packed rows on disk, one .npy an array, memory-mapped when read.

data/tokenize/train/{ids,positions,supervised,examples,last}.npy    rows of `context` tokens
data/tokenize/manifest.json    {"context": 512, "template_sha256": …, "answer_bytes": …}
data/tokenize/canaries.json    [{"name": "amber heron", "repeats": 20, …}]    where any are planted
"""

from dataclasses import fields
from pathlib import Path

import numpy as np

from chatloop.errors import UserError
from chatloop.tokens.packing import Packed

CANARIES = "canaries.json"


def write_packed(packed: Packed, folder: Path) -> None:
    """All arrays of packed rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for array in fields(packed):
        np.save(folder / f"{array.name}.npy", getattr(packed, array.name), allow_pickle=False)


def read_packed(folder: Path) -> Packed:
    """The same rows, read from the disk as they are needed.

    Raises:
        UserError: an array is missing or cut short.
    """
    try:
        arrays = {
            array.name: np.load(folder / f"{array.name}.npy", mmap_mode="r", allow_pickle=False)
            for array in fields(Packed)
        }
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{folder}: packed rows are missing or cut short ({error})") from error
    return Packed(**arrays)
