"""The project folder: where it is, its params and how they are changed, what must be there first.

override_params(["train.learning_rate=1.0e-3"])    as `dvc exp run -S` does it
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from chatloop.errors import UserError
from chatloop.formats import check_options, format_named
from chatloop.io.files import write_text
from chatloop.io.models import hub
from chatloop.io.sources import check_source
from chatloop.params import Params
from chatloop.params.file import read_params, unknown_key

PARAMS = Path("params.yaml")


def enter() -> Path:
    """Make the project's root the working directory: the nearest folder up with a dvc.yaml.

    Raises:
        UserError: there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "dvc.yaml").is_file() and (folder / PARAMS).is_file():
            os.chdir(folder)
            return folder
    raise UserError(f"{here}: no chatloop project here (no dvc.yaml and params.yaml); go to yours")


def override_params(overrides: Sequence[str]) -> Params:
    """Change params.yaml with Hydra's grammar and DVC's own function; nothing is written when a
    key or a value is wrong.

    Raises:
        UserError: an override cannot be read, or the params it leads to are not allowed.
    """
    if not overrides:
        return read_params(PARAMS)
    from dvc.exceptions import DvcException
    from dvc.utils.hydra import apply_overrides

    with TemporaryDirectory() as folder:
        changed = Path(folder) / PARAMS.name
        shutil.copyfile(PARAMS, changed)
        try:
            apply_overrides(str(changed), list(overrides))
        except DvcException as error:
            raise UserError(f"-S {' '.join(overrides)}: {_reason(overrides, error)}") from error
        params = read_params(changed)
        check(params)
        write_text(PARAMS, changed.read_text(encoding="utf-8"))
    return params


def _reason(overrides: Sequence[str], error: Exception) -> str:
    """The first key that params do not have, with those that they have, else DVC's own words."""
    keys = [override.lstrip("+~").partition("=")[0].strip() for override in overrides]
    unknown = next(filter(None, map(unknown_key, keys)), None)
    first, *more = str(error.__cause__ or error).strip().splitlines()
    advice = [line for line in more if line.startswith("To append")]
    return unknown or " ".join([first, *advice])


def check(params: Params) -> None:
    """What would fail minutes later, found before any work: sources, formats, base model.

    Raises:
        UserError: the first thing that is missing.
    """
    for at, source in enumerate(params.ingest.sources):
        if source.format is not None:
            check_options(format_named(source.format, at), source, at)
        check_source(source, at)
    hub.check(params.base)
