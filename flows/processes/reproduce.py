"""One DVC stage in a process of its own: `python -m flows.processes.reproduce clean`.

What the stage prints comes first. The last line says what happened, the exit code is the stage's:

    flows.processes.reproduce: Ran        the command ran
    flows.processes.reproduce: Restored   DVC had its outputs in the run cache
    flows.processes.reproduce: Cached     nothing to do
"""

import logging
import re
import sys

from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo
from dvc.stage.exceptions import StageCmdFailedError

from chatloop.errors import BusyError, UserError

MARK = "flows.processes.reproduce: "


def main(name: str) -> int:
    """Reproduce the stage `name` of the repository in the current folder; returns the exit code."""
    ran = _Ran()
    try:
        changed = _reproduce(name, ran)
    except DvcException as error:
        cause = error.__cause__ or error
        if isinstance(cause, OSError):
            return _unwritten(name, cause)
        code = _command_exit_code(cause)
        if code is None:
            code = BusyError.exit_code if isinstance(cause, LockError) else 1
            _say(f"chatloop {name}: error: {' '.join(str(cause).split())}")
        return code
    except OSError as error:
        return _unwritten(name, error)
    _say(MARK + (("Ran" if ran.seen else "Restored") if changed else "Cached"))
    return 0


def _unwritten(name: str, error: OSError) -> int:
    """A full disk or missing rights, where DVC writes its own files, which are in .dvc."""
    _say(f"chatloop {name}: error: {error.filename or '.dvc'}: {error.strerror or error}")
    return UserError.exit_code


def _reproduce(name: str, ran: "_Ran") -> bool:
    """True where the stage's outputs were made or restored; fills `ran`."""
    logging.getLogger("dvc").handlers = [ran]
    logging.getLogger("dvc.rwlock").setLevel(logging.ERROR)  # what a killed run left, DVC clears
    # Waiting: after hours of training, somebody's `dvc status` must not cost the result.
    repo = Repo(".", _wait_for_lock=True)
    return bool(repo.reproduce(targets=[name], single_item=True))


class _Ran(logging.Handler):
    """DVC's warnings as lines; `seen` once DVC says that it runs the stage's command."""

    seen = False

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "dvc.stage.run" and record.levelno == logging.INFO:
            self.seen = True
        elif record.levelno >= logging.WARNING:
            _say(f"{record.levelname.lower()}: {record.getMessage()}")


def _command_exit_code(error: BaseException) -> int | None:
    """The exit code in "failed to run: CMD, exited with 3", the only place where DVC keeps it."""
    if not isinstance(error, StageCmdFailedError):
        return None
    found = re.search(r"exited with (-?\d+)$", str(error))
    code = int(found[1]) if found else 1
    return code if code >= 0 else 128 - code


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
