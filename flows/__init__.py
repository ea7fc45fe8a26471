"""Prefect runs and schedules the pipeline, and nothing outside this folder knows it.

Importing the package sets what Prefect reads when it is imported itself: no analytics, and one
readable line an event, `03:00:07 | clean        | 4012 conversations in, 3488 out`.
"""

# ruff: noqa: PLC0415  (Prefect comes last: after the settings, and after its server has started)

import os
from pathlib import Path
from typing import Any

import chatloop
from chatloop.errors import UserError

FORMAT = "PREFECT_LOGGING_FORMATTERS_STANDARD"
READABLE_LOGS = {
    f"{FORMAT}_FLOW_RUN_FMT": "%(asctime)s | %(flow_name)-12s | %(message)s",
    f"{FORMAT}_TASK_RUN_FMT": "%(asctime)s | %(task_run_name)-12s | %(message)s",
}

for _name, _value in (chatloop.NO_ANALYTICS | READABLE_LOGS).items():
    os.environ.setdefault(_name, _value)


class CancelledRunError(UserError):
    """A person cancelled the run. Exit code 130, as after Ctrl-C."""

    exit_code = 130


def run(overrides: list[str] | None = None, because: list[str] | None = None) -> dict[str, Any]:
    """The flow in the current folder, with a Prefect server for the while where there is none.

    `overrides` change params.yaml first, as `dvc exp run -S` does: `train.learning_rate=1.0e-3`;
    `because` is why, in words.

    Raises:
        UserError: what stopped it, as one line, with the exit code of what failed.
    """
    from chatloop.project import check, override_params
    from flows.processes.server import api
    from flows.repository import hold

    with hold(Path.cwd()):  # what can be said at once is not said after the start of a server
        check(override_params(overrides or []))
    with api():
        from prefect.exceptions import Abort

        from flows.retrain import retrain

        try:
            return retrain(because=because)
        except Abort as error:
            raise CancelledRunError(str(error)) from error
