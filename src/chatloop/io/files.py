"""Files written whole or not at all: beside the target first, synced, then renamed.

write_json(Path("reports/clean.json"), {"rows_in": 9, "rows_out": 8})
"""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from chatloop.errors import UserError

LARGE = 1 << 24  # bytes, that take longer to read than to remember
SETTLED = 10**8  # nanoseconds: a change in the same tick of the file system's clock leaves no trace
_READ: dict[tuple[int, ...], str] = {}


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A path to write to, renamed to `target` when the block ends well, removed when it does not.

    Raises:
        UserError: the disk is full or the folder cannot be written.
    """
    aside = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        _sync(aside)
        aside.replace(target)
    except Exception as error:
        _check_system(error, target)
        raise
    finally:
        with suppress(OSError):  # where nothing can be written, nothing can be removed either
            aside.unlink(missing_ok=True)


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """The same for a folder: filled aside, then renamed; what was there before goes."""
    aside = target.with_name(f".{target.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
        yield aside
        for path in sorted(aside.rglob("*")):
            if path.is_file():
                _sync(path)
        shutil.rmtree(target, ignore_errors=True)
        aside.replace(target)
    except Exception as error:
        _check_system(error, target)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def link_folder(source: Path, target: Path) -> None:
    """The same files in another folder, without a copy where the disk allows; whole, as above.

    Files that are written whole are replaced and never changed, so neither folder sees the other.
    """
    with whole_folder(target) as aside:
        for path in sorted(one for one in source.rglob("*") if one.is_file()):
            place = aside / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path.resolve(), place)
            except OSError:
                shutil.copyfile(path, place)


def _check_system(error: Exception, target: Path) -> None:
    """A full disk or missing rights become one line; any other exception is not looked at."""
    if isinstance(error, OSError):
        raise UserError(f"{target}: cannot be written ({error.strerror or error})") from error
    # tokenizers, safetensors and Polars write in Rust and raise exceptions of their own.
    if found := re.search(r"([^:]+) \(os error \d+\)", str(error)):
        raise UserError(f"{target}: cannot be written ({found[1].strip()})") from error


def _sync(path: Path) -> None:
    """On the disk, not only on its way there: a power cut leaves no empty file with a good name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_text(target: Path, text: str) -> None:
    """UTF-8 text, whole."""
    with whole(target) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(target: Path, value: object) -> None:
    """JSON with sorted keys, so that the same value is the same bytes."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(target, text + "\n")


def read_json(path: Path) -> Any:
    """A JSON value.

    Raises:
        UserError: the file is missing or is no JSON.
    """
    return _read(path, json.loads, "JSON")


def read_yaml(path: Path) -> Any:
    """A YAML value; raises as `read_json` does."""
    return _read(path, yaml.safe_load, "YAML")


def _read(path: Path, parse: Callable[[str], Any], kind: str) -> Any:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, yaml.YAMLError) as error:
        raise UserError(f"{path}: is not {kind} ({' '.join(str(error).split())})") from error


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Relative path to sha256 of every file under a folder, sorted; empty where there is none."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _digest(path) for path in files}


def _digest(path: Path) -> str:
    """sha256; a large file that this process has read, and nobody touched since, is not read again.

    Touched is what has another ctime, which no program can set back.
    """
    state = _state(path)
    if state in _READ:
        return _READ[state]
    settled = time.time_ns() - path.stat().st_ctime_ns > SETTLED
    found = sha256(path)
    if path.stat().st_size >= LARGE and settled and _state(path) == state:
        _READ[state] = found
    return found


def _state(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def fingerprint(value: object) -> str:
    """sha256 of a JSON value, the same for the same content."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def folder_sha256(folder: Path) -> str:
    """One digest for a folder: names and contents of all its files, no times, no modes."""
    return fingerprint(digests(folder))
