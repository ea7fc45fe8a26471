"""The texts of behaviour files: every *.yaml and *.yml under a folder, or one file."""

from pathlib import Path

from chatloop.errors import UserError

MAX_FILE = 4 * 2**20
ENDINGS = (".yaml", ".yml")


def read_case_files(path: Path) -> list[tuple[str, str]]:
    """(name, text) of each file, in order of names.

    Raises:
        UserError: there is none, or one is too large, no UTF-8 or cannot be read.
    """
    if not path.exists():
        raise UserError(
            f"{path}: is not there; write behaviour cases there, see docs/evaluation.md"
        )
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if _is_one(p))
    if not files:
        raise UserError(f"{path}: holds no *.yaml file with behaviour cases")
    return [(file.as_posix(), _text(file)) for file in files]


def _is_one(path: Path) -> bool:
    return path.suffix in ENDINGS and path.is_file() and not path.name.startswith(".")


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise UserError(f"{file}: is over {MAX_FILE // 2**20} MiB; split it")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: is not UTF-8") from error
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror or error})") from error
