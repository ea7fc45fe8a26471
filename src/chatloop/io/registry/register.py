"""Registers a candidate: the same content never twice, and nothing half made is ever a version.

    register("chatloop", Path("models/candidate"), run_id, Path("reports/verdict.json"))  →  3

Files first, then verified by sha256, then the version with all its tags in one step, then, once it
answers from the registry as it was judged, the alias. Killed anywhere between, the next call goes
on from there. One at a time: on this machine by turns.py, between machines by claiming.py.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import digests, fingerprint, read_json
from chatloop.io.mlflow_store.connection import Store, connect
from chatloop.io.mlflow_store.evidence import changed_files
from chatloop.io.mlflow_store.sending import log_metrics, metrics
from chatloop.io.registry import versions
from chatloop.io.registry.claiming import claimed
from chatloop.io.registry.content.flavor import write_flavor
from chatloop.io.registry.content.origin import facts, write_origin
from chatloop.io.registry.content.proving import prove_answers
from chatloop.io.registry.content.storing import mend, put
from chatloop.io.registry.turns import in_turn
from chatloop.io.registry.versions import CANDIDATE, NOBODY, Version

PIN, TEMPLATE = Path("pins/champion.json"), "chat_template.jinja"
ON_THE_MODEL = "evaluate/"  # metrics of the run that the model's own page shows too


def register(name: str, candidate: Path, run_id: str, verdict: Path, pin: Path = PIN) -> int:
    """The version that holds this candidate, made if there is none; alias `candidate` is on it.

    Raises:
        UserError: no candidate, a verdict on another one, a store that did not keep its bytes, or
            a version that answers otherwise than the candidate did.
        UnreachableError: MLflow does not answer.
    """
    files = digests(candidate)
    if not files:
        raise UserError(f"{candidate}: is missing; run the pipeline up to train")
    content = {"candidate_sha256": fingerprint(files), "files": json.dumps(files, sort_keys=True)}
    judged = _judgement(verdict, pin, content["candidate_sha256"])
    with in_turn(name), connect() as store:
        found = versions.find(store, name, content["candidate_sha256"])
        if found is None:
            number = _first(store, name, candidate, run_id, content, judged)
        else:
            number = _refresh(store, found, candidate, judged)
        if versions.aliases(store, name).get(CANDIDATE) != number:
            prove_answers(store, versions.get(store, name, number))
            store.client.set_registered_model_alias(name, CANDIDATE, str(number))
    return number


def _first(
    store: Store,
    name: str,
    candidate: Path,
    run_id: str,
    content: Mapping[str, str],
    judged: Mapping[str, str],
) -> int:
    """A version of a candidate that has none, unless another machine makes it before us."""
    with claimed(store, name) as claim:
        found = versions.find(store, name, content["candidate_sha256"])
        if found is not None:
            return _refresh(store, found, candidate, judged)
        model_id = _logged_model(store, name, candidate, run_id, content)
        origin = _origin(store, run_id, json.loads(content["files"]))
        claim.check()
        return _create(store, name, model_id, run_id, {**content, **judged, **origin})


def _judgement(verdict: Path, pin: Path, candidate_sha256: str) -> dict[str, str]:
    """What was decided on this candidate, and against whom."""
    decided = read_json(verdict)
    if decided.get("candidate_sha256") != candidate_sha256:
        raise UserError(f"{verdict}: is about another candidate; run the gate stage again")
    against = read_json(pin) if pin.exists() else NOBODY
    return {
        "verdict": str(decided.get("verdict")),
        "reasons": json.dumps(decided.get("reasons", []), ensure_ascii=False),
        "failed": json.dumps(_failed(decided)),
        "judged_against": json.dumps(against, sort_keys=True),
    }


def _failed(decided: Mapping[str, Any]) -> list[str]:
    """The checks that speak against it."""
    findings = decided.get("findings", {})
    return sorted(check for check, one in findings.items() if one["outcome"] != "PROMOTE")


def _origin(store: Store, run_id: str, files: Mapping[str, str]) -> dict[str, str]:
    """Where the candidate comes from: what its run says of code and data, and its template."""
    tags = store.client.get_run(run_id).data.tags
    outs = {key.removeprefix("dvc."): tags[key] for key in tags if key.startswith("dvc.")}
    return {
        "git_commit": tags.get("mlflow.source.git.commit", "none"),
        "git_dirty": tags.get("mlflow.source.git.dirty", "unknown"),
        "git_changed": json.dumps(changed_files(Path())),
        "facts": json.dumps(facts(), sort_keys=True),
        "dvc_outs": json.dumps(outs, sort_keys=True),
        "template_sha256": files.get(TEMPLATE, "none"),
    }


def _logged_model(
    store: Store, name: str, candidate: Path, run_id: str, content: Mapping[str, str]
) -> str:
    """Id of a verified model with this content: one that a killed process left, or a new one."""
    same = f"tags.candidate_sha256 = '{content['candidate_sha256']}'"
    for left in store.client.search_logged_models([store.experiment_id], same):
        if left.status == "READY":
            return str(left.model_id)
        store.client.delete_logged_model(left.model_id)
    return _log_model(store, name, candidate, run_id, content)


def _log_model(
    store: Store, name: str, candidate: Path, run_id: str, content: Mapping[str, str]
) -> str:
    from mlflow.entities import LoggedModelOutput

    client, data = store.client, store.client.get_run(run_id).data
    tags = {"candidate_sha256": content["candidate_sha256"]}
    logged = client.create_logged_model(
        store.experiment_id, name, run_id, tags, data.params, model_type="chat"
    )
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    with tempfile.TemporaryDirectory() as aside:
        write_flavor(candidate, Path(aside), name, logged)
        write_origin(Path(aside), name, content["candidate_sha256"], json.loads(content["files"]))
        client.log_model_artifacts(logged.model_id, aside)
    put(store, logged, candidate, json.loads(content["files"]))
    _show_metrics(client, run_id, logged.model_id, data.metrics)
    client.finalize_logged_model(logged.model_id, "READY")
    return str(logged.model_id)


def _refresh(store: Store, version: Version, candidate: Path, judged: Mapping[str, str]) -> int:
    """A candidate that came before: its files are whole, and its tags say the latest verdict."""
    mend(store, version, candidate)
    for key, value in judged.items():
        if version.tags.get(key) != value:
            store.client.set_model_version_tag(version.name, str(version.number), key, value)
    return version.number


def _show_metrics(client: Any, run_id: str, model_id: str, values: Mapping[str, float]) -> None:
    from mlflow.entities import Metric

    chosen = {key: value for key, value in values.items() if key.startswith(ON_THE_MODEL)}
    stamped = metrics(0, chosen)
    linked = [
        Metric(m.key, m.value, m.timestamp, m.step, model_id=model_id, run_id=run_id)
        for m in stamped
    ]
    log_metrics(client, run_id, linked)


def _create(store: Store, name: str, model_id: str, run_id: str, tags: Mapping[str, str]) -> int:
    """The version, whole in one step: MLflow writes it with all its tags or not at all."""
    if not store.client.search_registered_models(f"name = '{name}'"):
        store.client.create_registered_model(name, description="Chat models made by chatloop.")
    summary = f"{tags['verdict']}: {'; '.join(json.loads(tags['reasons']))}"
    made = store.client.create_model_version(
        name, f"models:/{model_id}", run_id, dict(tags), None, summary, model_id=model_id
    )
    return int(made.version)
