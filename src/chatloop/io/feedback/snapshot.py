"""What is new in the store, copied into parts that DVC tracks.

    rows 0 … 49,999        data/snapshot/0000-5f0c….parquet     as it was
    rows 50,000 … 99,999   data/snapshot/0001-91ab….parquet     three rows more, so it is new

A part is a range of row numbers and named by its content: the same store gives the same parts,
whenever they are made. A range is read again when its rows are not as many as before, which also
finds rows that were committed late under a lower number. The manifest comes last, and what it does
not name is removed after it: a run that is killed at any moment is as if it had not been.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import polars as pl

from chatloop.errors import UserError
from chatloop.feedback.table import SNAPSHOT
from chatloop.io.feedback.manifest import (
    Forgotten,
    Manifest,
    Part,
    is_whole,
    read_manifest,
    read_part,
    write_manifest,
)
from chatloop.io.files import sha256
from chatloop.io.tables import write_table

RANGE = 50_000


class Log(Protocol):
    """The store as the snapshot reads it."""

    def ranges(self, size: int) -> Mapping[int, tuple[int, int]]:
        """By `number // size`, how many opinions there are, and the sum of their numbers."""
        ...

    def rows(self, first: int, last: int) -> Iterable[pl.DataFrame]:
        """Opinions from `first` to `last`, both included, in tables of SNAPSHOT."""
        ...


def snapshot(log: Log | None, folder: Path, pin: Path) -> str:
    """Copy what is new, None where there is no store; returns one line for a person.

    What the snapshot has and the store has no more is kept: `forget` removes.

    Raises:
        UserError: the store is another one than the snapshot was made from.
    """
    if log is None:
        return "feedback: there is no store yet; `chatloop serve` makes one"
    known = read_manifest(pin)
    before = {part.first // RANGE: part for part in known.parts}
    there = log.ranges(RANGE)
    parts = [
        _part(at, before.get(at), there.get(at), log, folder, known.forgotten)
        for at in sorted({*before, *there})
    ]
    manifest = Manifest(parts=[part for part in parts if part], forgotten=known.forgotten)
    write_manifest(pin, manifest)
    remove_others(folder, manifest)
    new = manifest.rows - known.rows
    return f"feedback: {manifest.rows:,} opinions, {new:,} of them new, up to row {manifest.last:,}"


def _part(
    at: int,
    before: Part | None,
    there: tuple[int, int] | None,
    log: Log,
    folder: Path,
    forgotten: Iterable[Forgotten],
) -> Part | None:
    """The part of a range: as it was where nothing is new."""
    if before and is_whole(before) and there in (None, (before.rows, before.numbers)):
        return before
    if there is None and before:
        read_part(before)  # says what to do
    rows = pl.concat([SNAPSHOT.to_frame(), *log.rows(at * RANGE, (at + 1) * RANGE - 1)])
    if before and (is_whole(before) or rows.height < before.rows):
        rows = _with_those_of_before(rows, read_part(before), folder)
    return write_part(_without(rows, forgotten), at, folder)


def _with_those_of_before(rows: pl.DataFrame, before: pl.DataFrame, folder: Path) -> pl.DataFrame:
    both = rows.join(before, on="number")
    if both.filter(pl.col("feedback_id") != pl.col("feedback_id_right")).height:
        raise UserError(
            f"{folder}: was made from another store than this one, whose rows have the same "
            "numbers; set serve.store to the store it came from, or move folder and pin away"
        )
    return pl.concat([rows, before.join(rows, on="number", how="anti")])


def _without(rows: pl.DataFrame, forgotten: Iterable[Forgotten]) -> pl.DataFrame:
    """A store that came back from a backup brings nobody back."""
    for one in forgotten:
        theirs = (pl.col("caller") == one.caller) | (pl.col("asked_by") == one.caller)
        gone = theirs.fill_null(value=False) & (pl.col("number") <= one.until)
        rows = rows.filter(~gone)
    return rows


def write_part(rows: pl.DataFrame, at: int, folder: Path) -> Part | None:
    """Write the rows of a range, named by their content; None where there are none."""
    if rows.is_empty():
        return None
    aside = folder / f".{at:04}.parquet"
    write_table(rows.sort("number").rechunk(), aside)
    digest = sha256(aside)
    path = aside.replace(folder / f"{at:04}-{digest[:16]}.parquet")
    counts = rows.group_by(pl.col("version").fill_null("unknown")).len().sort("version")
    first, last = rows.select(pl.min("number"), last=pl.max("number")).row(0)
    return Part(
        path=path.as_posix(),
        sha256=digest,
        rows=rows.height,
        first=first,
        last=last,
        numbers=sum(rows["number"]),
        versions=dict(counts.iter_rows()),
    )


def remove_others(folder: Path, manifest: Manifest) -> None:
    """Remove what is in the folder and in no manifest: parts of before, and of runs cut short."""
    named = {Path(part.path).name for part in manifest.parts}
    for path in folder.glob("*.parquet"):
        if path.name not in named:
            path.unlink()
    for path in folder.glob(".*.part"):
        path.unlink()
