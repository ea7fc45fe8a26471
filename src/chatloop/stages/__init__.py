"""One DVC stage a file: read, call the pure rooms, write.

A stage is a function of its params section and a path for each dep and out; `main` gives it a
command line made from its signature, so dvc.yaml says the paths and nobody else does:

    python -m chatloop.stages.clean --turns data/ingest/turns.parquet --out data/clean …
"""

import argparse
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatloop.errors import UserError, unusable
from chatloop.params.data import Section
from chatloop.params.file import read_params

PARAMS = Path("params.yaml")


def main(stage: Callable[..., None]) -> None:
    """Run a stage from the command line; a user's mistake is one line and its exit code."""
    name = stage.__name__
    paths = vars(_parser(stage).parse_args())
    try:
        stage(_section(name), **paths)
    except UserError as error:
        sys.stderr.write(f"chatloop {name}: error: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write(f"chatloop {name}: interrupted\n")
        sys.exit(130)
    except OSError as error:
        if (said := unusable(error)) is not None:
            sys.stderr.write(f"chatloop {name}: error: {said}\n")
            sys.exit(said.exit_code)
        traceback.print_exc()
        sys.stderr.write(f"chatloop {name}: error: {error.strerror or error}\n")
        sys.exit(1)


def say(line: str) -> None:
    """One line of progress, at once, so that a flow's log has it in time."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _parser(stage: Callable[..., None]) -> argparse.ArgumentParser:
    summary = inspect.getdoc(stage) or ""
    parser = argparse.ArgumentParser(prog=f"chatloop.stages.{stage.__name__}", description=summary)
    for parameter in list(inspect.signature(stage).parameters)[1:]:
        parser.add_argument(f"--{parameter.replace('_', '-')}", type=Path, required=True)
    return parser


def _section(name: str) -> Section:
    params = read_params(PARAMS)
    fields = {field.alias or key: key for key, field in type(params).model_fields.items()}
    section: Any = getattr(params, fields[name])
    return section  # type: ignore[no-any-return]
