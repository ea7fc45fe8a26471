"""The monitoring flow: cheap looks at sources, feedback, prompts and thumbs; a retraining if due.

    monitor(act="here")    →  {"action": "retrain", "said": "a retraining is due", …}

`act` is what comes of a retraining that is due: "tell" says so, "event" emits
`chatloop.retrain.due` for an automation, as infra/prefect.yaml has one, "here" runs it right here.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from prefect import flow, get_run_logger
from prefect.events import emit_event

from chatloop.errors import BusyError
from chatloop.io.operating.monitoring import check_need
from chatloop.monitoring.decision import Decision
from chatloop.monitoring.news import News
from chatloop.params import Params
from chatloop.params.file import read_params
from chatloop.project import PARAMS
from flows.operating import telling
from flows.retrain import retrain

CHECKED, DUE = "chatloop.monitor.checked", "chatloop.retrain.due"


@flow(name="monitor", persist_result=False)
def monitor(act: Literal["tell", "event", "here"] = "tell") -> dict[str, Any]:
    """Look whether a retraining is due, and see to it as `act` says."""
    params = read_params(PARAMS)
    found = check_need(params)
    for signal in found.signals:
        get_run_logger().info(f"{signal.name}: {signal.reason}")
    get_run_logger().info(f"{found.decision.action}: {found.decision.said}")
    _emit(CHECKED, params, found.decision)
    if found.decision.action == "retrain":
        _retrain(act, params, found.decision)
    if found.tell:
        news = News(params.champion.name, "needs_data", None, (), found.decision.because)
        telling.log(get_run_logger(), telling.tell(params.notify, news))
    return asdict(found.decision)


def _retrain(act: str, params: Params, decision: Decision) -> None:
    if act == "event":
        _emit(DUE, params, decision)
    elif act == "here":
        try:
            retrain(because=list(decision.because))
        except BusyError as error:
            get_run_logger().info(str(error))


def _emit(event: str, params: Params, decision: Decision) -> None:
    """To the server, where one listens; without one it goes nowhere."""
    name = params.champion.name
    resource = {"prefect.resource.id": f"chatloop.model.{name}", "prefect.resource.name": name}
    payload = {**asdict(decision), "folder": str(Path.cwd())}
    emit_event(event, resource, payload=payload)
