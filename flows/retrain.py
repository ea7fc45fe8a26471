"""The flow: pin what comes from outside, feedback first, bring every stage up to date, then act on
the verdict.

    retrain(overrides=["train.learning_rate=1.0e-3"])
    →  {"stages": {"ingest": "Cached", …}, "run_id": "3f0c…", "version": 4, "promoted": True}

The stages turn files into files. What changes the world outside (record, register, promote, push,
tell) comes after them and may be repeated: the same candidate never registers twice. Where no stage
had anything to do, there was nothing new to learn, and the run says so.
"""

# ruff: noqa: PLC0415  (MLflow takes seconds to import; its steps wait for it, not the whole flow)

from functools import partial
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed

from chatloop.errors import UserError
from chatloop.io.feedback.ledger import record_entered
from chatloop.io.files import folder_sha256, read_json
from chatloop.io.models.base_pin import pin_base
from chatloop.io.operating.glance import glance
from chatloop.io.sources import pin_sources
from chatloop.io.validation.accepted import accept, pin_accepted
from chatloop.monitoring.news import News
from chatloop.params import Params
from chatloop.project import check, override_params
from flows.dag import read_dag, readers_after_writer
from flows.feedback import snapshot_feedback, wants_feedback
from flows.operating import telling
from flows.operating.artifacts import show
from flows.operating.recording import aside, recorded
from flows.pipeline import run_stages, step
from flows.processes import child
from flows.repository import Repository, hold, put_away

SOURCES_PIN, BASE_PIN = "pins/sources.json", "pins/base.json"
CHAMPION_PIN = "pins/champion.json"
ACCEPTED_PIN, PROMOTED_PIN = "pins/accepted.json", "pins/promoted.json"
TURNS, PROFILE = "data/clean/turns.parquet", "data/profile/profile.json"
CANDIDATE = "models/candidate"
VERDICT = "reports/verdict.json"
# What comes of a verdict without a promotion; one that a person took back is not promoted again.
OUTCOMES = {"PROMOTE": "held", "HOLD": "held", "REJECT": "rejected"}


@flow(name="retrain", persist_result=False)
def retrain(overrides: list[str] | None = None, because: list[str] | None = None) -> dict[str, Any]:
    """Retrain, judge, register, and promote if the verdict says so.

    `overrides` are changes to params.yaml, `train.learning_rate=1.0e-3`, as of `dvc exp run -S`;
    `because` is why, in words, for the diary and for people.
    """
    root = Path.cwd()
    with hold(root):
        for line in put_away(root):
            get_run_logger().warning(line)
        params = override_params(overrides or [])
        with recorded(params, because or []) as facts:
            check(params)
            _pin_inputs(root, params)
            stages = _run_stages(root, params.champion.name)
            result = {"stages": stages, **_finish(root, params.champion.name)}
            facts.update(_facts(root, stages, result))
            _tell(params, because or [], facts, result)
        return result


def _facts(root: Path, stages: dict[str, str], result: dict[str, Any]) -> dict[str, Any]:
    """What the diary keeps of a run that came to its end."""
    verdict = read_json(root / VERDICT)
    facts = {"version": result["version"], "trained": "Ran" in stages.values()}
    if set(stages.values()) <= {"Cached"}:
        said = "nothing new to learn: data, params and code are those of the last run"
        get_run_logger().info(said)
        return {**facts, "outcome": "nothing_new", "said": said}
    outcome = "promoted" if result["promoted"] else OUTCOMES[verdict["verdict"]]
    return {**facts, "outcome": outcome, "said": next(iter(verdict["reasons"]), "")}


def _tell(
    params: Params, because: list[str], facts: dict[str, Any], result: dict[str, Any]
) -> None:
    """The run's page, and the people."""
    link = telling.report_link(params.notify, result["run_id"], result["version"])
    if facts["outcome"] != "nothing_new":
        title = f"Version {result['version']}: {facts['outcome']}"
        with aside("the run's page"):
            step("show", show, Path(VERDICT).parent, link, title)
    reasons = tuple(read_json(Path(VERDICT))["reasons"])
    links = (("Report", link), *telling.run_link())
    news = News(
        params.champion.name, facts["outcome"], facts["version"], reasons, tuple(because), links
    )
    telling.log(get_run_logger(), telling.tell(params.notify, news))


def _pin_inputs(root: Path, params: Params) -> None:
    """What the stages read from outside is noted down before the first of them runs."""
    if wants_feedback(params):
        step("snapshot feedback", _snapshot_feedback, root, params)
    step("pin sources", pin_sources, params.ingest, Path(SOURCES_PIN))
    step("pin base", pin_base, params.base, Path(BASE_PIN))


def _snapshot_feedback(root: Path, params: Params) -> None:
    get_run_logger().info(snapshot_feedback(root, params))


def _run_stages(root: Path, name: str) -> dict[str, str]:
    """All stages; a pin is refreshed right before the first stage that reads it."""
    stages = readers_after_writer(read_dag(root), CHAMPION_PIN, CANDIDATE)
    readers = [stage.name for stage in stages if CHAMPION_PIN in stage.deps]
    before = dict.fromkeys(readers[:1], partial(step, "pin champion", _pin_champion, name))
    profiled = [stage.name for stage in stages if ACCEPTED_PIN in stage.deps]
    before |= dict.fromkeys(profiled[:1], partial(step, "pin accepted data", _pin_accepted))
    return run_stages(root, stages, before=before)


def _pin_accepted() -> None:
    said = pin_accepted(Path(ACCEPTED_PIN), Path(PROMOTED_PIN), Path(TURNS))
    get_run_logger().info(said)


def _pin_champion(name: str) -> str:
    from chatloop.io.registry.holding import pin_champion

    said = pin_champion(name, Path(CHAMPION_PIN), Path(CANDIDATE))
    get_run_logger().info(said)
    return said


def _finish(root: Path, name: str) -> dict[str, Any]:
    """The steps behind the gate. A candidate is always registered; the alias is what is earned."""
    verdict = read_json(root / VERDICT)
    run_id = step("record", _record, root)
    version = step("register", _register, name, run_id, verdict["candidate_sha256"])
    promoted = verdict["verdict"] == "PROMOTE" and step("promote", _promote, name, version)
    if promoted:
        step("accept data", accept, Path(PROFILE), Path(PROMOTED_PIN))
    step("push", _push, root)
    return {"run_id": run_id, "version": version, "promoted": promoted}


def _record(root: Path) -> str:
    from chatloop.io.tracking import record

    get_run_logger().info(record_entered(root))
    return record(root)


def _register(name: str, run_id: str, judged: str) -> int:
    """Register the candidate, if it is the one that was judged."""
    from chatloop.io.registry.register import register

    if folder_sha256(Path(CANDIDATE)) != judged:
        raise UserError(
            f"{VERDICT}: judges another candidate than {CANDIDATE}; run `dvc repro`, then again"
        )
    return register(name, Path(CANDIDATE), run_id, Path(VERDICT))


def _promote(name: str, version: int) -> bool:
    """Whether it is the champion now; one that a person took back stays where it was put."""
    from chatloop.io.registry.moving import promote

    get_run_logger().info(promote(name, version, Path(VERDICT)))
    return any(held.alias == "champion" and held.version == version for held in glance(name))


def _push(root: Path) -> State[Any]:
    """`dvc push` to the default remote. Without it the model is registered all the same."""
    logger, remote = get_run_logger(), Repository(root).remote()
    if remote is None:
        logger.info("no DVC remote is configured; the artifacts stay on this machine")
        return Completed(name="Skipped")
    lines: list[str] = []
    code = child.run("dvc", ["push"], root, on_line=lines.append)
    said = next((line for line in lines if line.strip()), f"ended with {code}")
    if code:
        logger.warning(f"not pushed to {remote!r}: {said}; `dvc push` tries again")
        return Completed(name="NotPushed", message=said)
    logger.info(f"pushed to {remote!r}: {said}")
    return Completed(name="Pushed")
