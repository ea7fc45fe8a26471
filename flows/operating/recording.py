"""The diary of a run, kept while it runs: how it began, and how it ended, whatever ended it.

with recorded(because, notify) as facts:
    facts["outcome"] = "promoted"
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from prefect import get_run_logger

from chatloop.errors import UserError
from chatloop.io.operating.journal import FOLDER, Journal
from chatloop.monitoring.news import News
from chatloop.params import Params
from flows.operating import telling

FAILED, CANCELLED = "failed", "cancelled"


@contextmanager
def aside(what: str) -> Iterator[None]:
    """What may go wrong without any harm to the run: then it is a warning."""
    try:
        yield
    except Exception as error:
        get_run_logger().warning(f"{what} was left out ({type(error).__name__})")


@contextmanager
def recorded(params: Params, because: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Facts of the run, which the block fills in; a failure is told, and goes on its way."""
    journal, logger = Journal(FOLDER), get_run_logger()
    for run in journal.begin(time.time(), tuple(because)):
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started))
        logger.warning(f"the run of {when} (process {run.pid}) died; what it had finished is kept")
    facts: dict[str, Any] = {"outcome": CANCELLED, "said": "ended before it was done"}
    try:
        yield facts
    except Exception as error:
        # What is no message for people may hold anything, text of conversations, too.
        said = str(error) if isinstance(error, UserError) else type(error).__name__
        facts |= {"outcome": FAILED, "said": said}
        news = News(params.champion.name, FAILED, None, (said,), tuple(because), telling.run_link())
        telling.log(logger, telling.tell(params.notify, news))
        raise
    finally:
        with aside("its line in the diary"):  # a full disk, say: what is told is why the run failed
            journal.end(time.time(), **facts)
