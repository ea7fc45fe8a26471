"""Data sets of a hub at a pinned revision, through `datasets`; no code of somebody else's runs.

read_dataset(Source(path="OpenAssistant/oasst2", revision="179a90cf…", split="train"), 0)
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatloop.errors import UnreachableError, UserError
from chatloop.io.sources.readers.rows import rows_of
from chatloop.io.sources.record import Record
from chatloop.params.sources import Source

_SHORT = 12


def check_dataset(source: Source, at: int) -> None:
    """That a hub id is one, without asking the hub.

    Raises:
        UserError: it is neither `name` nor `owner/name`.
    """
    parts = source.path.split("/")
    if len(parts) > 2 or not all(part.strip(".") for part in parts):  # noqa: PLR2004
        raise UserError(
            f"ingest.sources[{at}]: {source.path}: with a revision the path is the id of a hub "
            "data set (owner/name); take the revision away to read files"
        )


def read_dataset(source: Source, at: int) -> Iterator[Record]:
    """Every row of the splits of a data set, in the order of their names.

    Raises:
        UserError: its id is none, or it has no such subset or split.
        UnreachableError: the hub cannot be reached or does not have it.
    """
    check_dataset(source, at)
    splits = load(source.path, source, at)
    for name in sorted(splits):
        where = f"{source.path}@{(source.revision or '')[:_SHORT]}/{name}"
        yield from rows_of(where, splits[name])


def load(path: str | Path, source: Source, at: int) -> dict[str, Any]:
    """Splits by name; memory-mapped, so that rows are read from the disk as they are needed.

    `path` is a hub id, or a folder of the same layout.
    """
    from datasets import DatasetDict, load_dataset
    from datasets.exceptions import DatasetBuildError, DatasetNotFoundError
    from datasets.utils import disable_progress_bars
    from huggingface_hub.errors import HfHubHTTPError

    disable_progress_bars()
    where = f"ingest.sources[{at}]: {source.path} at {(source.revision or '')[:_SHORT]}"
    try:
        loaded = load_dataset(
            str(path), source.subset, split=source.split, revision=source.revision
        )
    except (DatasetNotFoundError, HfHubHTTPError, ConnectionError) as error:
        raise UnreachableError(
            f"{where} cannot be had from the hub ({_first(error)}); check the id, the revision and "
            "the network, or download it and name the folder"
        ) from error
    except DatasetBuildError as error:  # its words, and those of its cause, may quote a row
        raise UserError(
            f"{where}: rows that cannot be read ({type(error).__name__}); see its page on the hub"
        ) from None
    # `datasets` lets through whatever its readers raise; the source is refused, with the cause.
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, NotImplementedError) as error:
        raise UserError(f"{where} cannot be read ({_first(error)})") from error
    return dict(loaded) if isinstance(loaded, DatasetDict) else {source.split or "all": loaded}


def _first(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]
