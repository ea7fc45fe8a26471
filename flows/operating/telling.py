"""People hear of a run through Prefect's notification blocks; that one fails changes no run.

tell(params.notify, News("chatloop", "promoted", 4, …))    →  "slack-webhook/team was told"

A block keeps its own secret (a webhook's address is one), on the Prefect server; here is its name.
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect.blocks.core import Block
from prefect.context import FlowRunContext
from prefect.utilities.urls import url_for

from chatloop.io.mlflow_store.connection import tracking_uri
from chatloop.monitoring.news import News, message
from chatloop.params.operating import NotifyParams
from flows.operating.mail import MailServer

ALSO = "CHATLOOP_NOTIFY"  # block names, with commas; beside those in params
OUR_BLOCKS = (MailServer,)  # known to Prefect once they are imported
REPORT = Path("reports/evaluation.html")


def tell(params: NotifyParams, news: News) -> list[str]:
    """Tell every block that is named; returns a line a block, and one that fails is a line, too."""
    if news.outcome not in params.outcomes:
        return []
    subject, body = message(news)
    return [_tell(name, subject, body) for name in _blocks(params.blocks)]


def report_link(params: NotifyParams, run_id: str, version: int) -> str:
    """Where the report is: what params say, else MLflow's page of the run, else the file."""
    if params.report is not None:
        return params.report.format(run_id=run_id, version=version)
    uri = tracking_uri()
    if uri.startswith("http"):
        return f"{uri.rstrip('/')}/#/experiments/search?searchFilter=run_id%3D%22{run_id}%22"
    return REPORT.resolve().as_uri()


def run_link() -> tuple[tuple[str, str], ...]:
    """The run's page in Prefect, where a server has one that outlives the run."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or not context.flow_run.deployment_id:
        return ()
    url = url_for("flow-run", obj_id=context.flow_run.id)
    return (("Run", url),) if url else ()


def _blocks(named: Sequence[str]) -> list[str]:
    more = [name.strip() for name in os.environ.get(ALSO, "").split(",")]
    return list(dict.fromkeys([*named, *filter(None, more)]))


def _tell(name: str, subject: str, body: str) -> str:
    try:
        block: Any = Block.load(name, validate=False)
        with block.raise_on_failure():
            block.notify(body, subject)
    except Exception as error:  # whatever a service, a network or a block of somebody's raises
        return f"warning: {name} was not told ({_why(error)})"
    return f"{name} was told"


def _why(error: Exception) -> str:
    """The kind of error alone: what it says may hold the webhook's address, which is a secret."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, ValueError) and "Unable to find block document" in str(error):
        return "Prefect has no such block; `prefect block ls` names those it has"
    return f"{type(error).__name__}{f', HTTP {status}' if status else ''}"


def log(logger: "logging.Logger | logging.LoggerAdapter[Any]", lines: Sequence[str]) -> None:
    """Into the run's log, warnings as such."""
    for line in lines:
        warning = line.startswith("warning: ")
        logger.log(logging.WARNING if warning else logging.INFO, line.removeprefix("warning: "))
