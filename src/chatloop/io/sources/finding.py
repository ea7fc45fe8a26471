"""Files of a source: by path, folder or glob, in a stable order, and none from outside of it.

find_files(Source(path="logs/*.jsonl.gz"), 0)  →  [Path("logs/july.jsonl.gz"), …]
"""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from chatloop.errors import UserError
from chatloop.formats import FORMATS
from chatloop.io.files import read_json, sha256, write_json
from chatloop.params.sources import IngestParams, Source

# Names of sources that are no paths: the built-in corpus, and the snapshot of feedback.
BUILTIN, FEEDBACK = "builtin", "feedback"
SUFFIXES = (".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".csv", ".tsv", ".parquet")
# Text lies in many a folder that holds no transcripts; so it is read where the format says so.
TEXT_SUFFIXES = (".txt", ".text", ".log")
PACKED = ("", ".gz", ".zst")


def find_files(source: Source, at: int) -> list[Path]:
    """Files of a source in a stable order; none for a hub data set.

    Raises:
        UserError: nothing is there, or it leads out of the folder that the source names; the
            message names `ingest.sources[at]`.
    """
    where = f"ingest.sources[{at}]: {source.path}"
    path = Path(source.path).expanduser()
    if source.revision is not None:
        return []
    if path.is_file():
        return [path]
    suffixes = _suffixes(source)
    if path.is_dir():
        base, found = path, [p for p in _walk(path, where) if _ends(p, suffixes)]
        expected = f"has no file that ends in {', '.join(suffixes)} (or these with .gz, .zst)"
        expected += "" if suffixes == TEXT_SUFFIXES else "; for text, say format: transcript"
    else:
        # Path.glob takes no absolute pattern.
        base, matches = _fixed(path), glob.glob(str(path), recursive=True)  # noqa: PTH207
        found = [Path(match) for match in matches if not Path(match).is_dir()]
        expected = "matches no file; name a file, a folder or a glob, or `builtin`"
        if source.path.count("/") == 1:
            expected += ", or give the revision of a hub data set"
    kept = _inside(found, base, where)
    if not kept:
        raise UserError(f"{where} {expected}")
    return kept


def _suffixes(source: Source) -> tuple[str, ...]:
    known = FORMATS.get(source.format or "")
    return TEXT_SUFFIXES if known and known.text else SUFFIXES


def _ends(path: Path, suffixes: tuple[str, ...]) -> bool:
    return path.name.lower().endswith(tuple(s + p for s in suffixes for p in PACKED))


def _walk(folder: Path, where: str) -> Iterator[Path]:
    """Everything under a folder but what links to folders hold: inside, it is found on its own."""
    for here, folders, names in os.walk(folder):
        for link in (Path(here) / name for name in sorted(folders)):
            if link.is_symlink() and not link.resolve().is_relative_to(folder.resolve()):
                raise _leads_out(link, folder, where)
        yield from (Path(here) / name for name in names)


def _fixed(pattern: Path) -> Path:
    """The part of a pattern before its first wildcard."""
    parts = pattern.parts
    wild = next((at for at, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return Path(*parts[:wild]) if wild else Path()


def _inside(found: Iterable[Path], base: Path, where: str) -> list[Path]:
    """Files sorted, each once, also where a link leads to another one of them."""
    root, by_target = base.resolve(), dict[Path, Path]()
    for path in sorted(found, key=lambda path: (path.is_symlink(), path)):
        target = path.resolve()
        if not target.is_relative_to(root):
            raise _leads_out(path, base, where)
        if path.is_symlink() and not target.exists():
            raise UserError(f"{where}: {path} is a link that leads nowhere; remove or mend it")
        if target.is_file():
            by_target.setdefault(target, path)
    return sorted(by_target.values())


def _leads_out(path: Path, base: Path, where: str) -> UserError:
    return UserError(
        f"{where}: {path} leads out of {base}, which is refused; name the file itself as a source"
    )


def pin_sources(params: IngestParams, pin: Path) -> str:
    """Write what the sources hold right now into the pin, so that DVC sees when a file changed.

    A hub data set is pinned by its revision in params already.

    Returns:
        One line for a person.
    """
    named = [
        (at, source)
        for at, source in enumerate(params.sources)
        if source.path not in (BUILTIN, FEEDBACK)
    ]
    paths = [path for at, source in named for path in find_files(source, at)]
    files = [{"path": path.as_posix(), "sha256": _digest(path)} for path in paths]
    value = {"files": files}
    if not pin.exists() or read_json(pin) != value:
        write_json(pin, value)
    return f"sources: {len(params.sources)} named, {len(files)} files pinned by sha256"


def _digest(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check its rights") from error
