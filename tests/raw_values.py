"""Where a value still stands: every file of a folder as text, tables, tokens and pages unpacked."""

import html
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import polars as pl


def written(folder: Path, leave: Iterable[str] = ()) -> dict[Path, str]:
    """Text by path, of all files but those below one of `leave`."""
    out = [folder / name for name in leave]
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    kept = [path for path in files if not any(path.is_relative_to(one) for one in out)]
    return {path.relative_to(folder): text_of(path) for path in kept}


def text_of(path: Path) -> str:
    """What a person could read out of a file, whatever its kind."""
    if path.suffix == ".parquet":
        return json.dumps(pl.read_parquet(path).to_dicts(), ensure_ascii=False, default=str)
    said = path.read_bytes().decode("utf-8", "replace")
    if path.suffix == ".db":
        with sqlite3.connect(path) as base:
            said += "\n".join(base.iterdump())
    if "\\u" in said:
        said += said.encode("ascii", "replace").decode("unicode_escape", "replace")
    return said + html.unescape(said) if "&" in said else said


def standing(values: Iterable[str], texts: Mapping[Path, str]) -> list[tuple[str, str]]:
    """(file, value) of each that is still there, as it was or as JSON writes it."""

    def forms(value: str) -> Iterator[str]:
        yield value
        yield json.dumps(value)[1:-1]

    return [
        (str(path), value)
        for path, text in texts.items()
        for value in values
        if any(form in text for form in forms(value))
    ]
