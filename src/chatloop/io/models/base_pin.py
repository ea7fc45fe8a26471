"""What a local base model or chat template holds right now, so that DVC sees when it changes.

pins/base.json  →  {"files": [{"path": "../models/gpt2/config.json", "sha256": "9a…"}, …]}
"""

from pathlib import Path

from chatloop.errors import UserError
from chatloop.io.files import read_json, sha256, write_json
from chatloop.params import BaseParams


def pin_base(params: BaseParams, pin: Path) -> str:
    """Write the digests into the pin; a hub model is pinned by its revision in params already.

    Returns:
        One line for a person.

    Raises:
        UserError: a file cannot be read.
    """
    value = {"files": [{"path": p.as_posix(), "sha256": _digest(p)} for p in _files(params)]}
    if not pin.exists() or read_json(pin) != value:
        write_json(pin, value)
    return f"base: {len(value['files'])} files of its own pinned by sha256"


def _files(params: BaseParams) -> list[Path]:
    """A folder's files in order of their names, hidden ones left out; the template last."""
    model, template = Path(params.model).expanduser(), Path(params.template or "").expanduser()
    files = sorted(path for path in model.rglob("*") if path.is_file()) if model.is_dir() else []
    shown = [p for p in files if not any(s.startswith(".") for s in p.relative_to(model).parts)]
    return shown + ([template] if template.is_file() else [])


def _digest(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check its rights") from error
