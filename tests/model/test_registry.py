"""From a candidate to the champion: registered once, byte for byte, promoted by its verdict only."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from projects import Project

from chatloop.errors import UnreachableError, UserError
from chatloop.io.files import digests, folder_sha256, read_json, write_json
from chatloop.io.mlflow_store.connection import connect
from chatloop.io.registry import versions
from chatloop.io.registry.content import storing
from chatloop.io.registry.holding import (
    champion,
    download,
    find,
    local_model,
    pin_champion,
)
from chatloop.io.registry.moving import promote, promote_by_hand, rollback
from chatloop.io.registry.register import register
from chatloop.io.registry.turns import in_turn
from chatloop.io.tracking import record
from chatloop.params import ChampionParams
from chatloop.params.file import read_params
from chatloop.stages.champion import champion as champion_stage

UNPICKLED = {".md", ".lock", ".json", ".jinja", ".safetensors", ".yaml", ".txt", ""}


def register_one(project: Project, run_id: str = "") -> int:
    return register(
        project.name, project.candidate, run_id or record(project.root), project.verdict
    )


def run_all(project: Project) -> str:
    """What the flow does around the stages, from the pin to the promotion."""
    pin_champion(project.name, project.pin, project.candidate)
    return promote(project.name, register_one(project), project.verdict)


def aliases(project: Project) -> dict[str, int]:
    with connect() as store:
        return versions.aliases(store, project.name)


def count_versions(project: Project) -> int:
    with connect() as store:
        return len(store.client.search_model_versions(f"name = '{project.name}'"))


def count_models(project: Project) -> int:
    same = f"tags.candidate_sha256 = '{project.candidate_sha256}'"
    with connect() as store:
        return len(store.client.search_logged_models([store.experiment_id], same))


@pytest.fixture(scope="module")
def first(shared_project: Project) -> Project:
    """A project whose first candidate is the champion."""
    assert run_all(shared_project) == "chatloop version 1 is the champion; before it: none"
    return shared_project


def test_the_champion_answers_a_chat_request_until_its_turn_ends(
    first: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    request = {"messages": [{"role": "user", "content": "where is my order"}]}
    # MLflow's own default quotes the spaces of the project's path; the database's would not.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    (answer,) = mlflow.pyfunc.load_model(f"models:/{first.name}@champion").predict(request)
    model = AutoModelForCausalLM.from_pretrained(first.candidate)
    tokenizer = AutoTokenizer.from_pretrained(first.candidate)
    text = tokenizer.apply_chat_template(
        request["messages"], tokenize=False, add_generation_prompt=True
    )
    prompt = tokenizer(text, add_special_tokens=False, return_tensors="pt")
    with torch.inference_mode():
        ids = model.generate(**prompt, do_sample=False, max_length=64)[0]
    own = tokenizer.decode(ids[prompt["input_ids"].shape[1] :], skip_special_tokens=True)
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": own.lstrip()}
    assert answer["usage"]["total_tokens"] == len(ids) <= 64
    assert answer["model"] == first.name


def test_a_version_says_where_it_comes_from(first: Project) -> None:
    now = champion(first.name)
    assert now is not None
    assert now.candidate_sha256 == first.candidate_sha256
    assert now.files == digests(first.candidate)
    assert now.judged_against == {"version": None}
    assert now.run_id == record(first.root)
    assert now.tags["verdict"] == "PROMOTE"
    assert now.tags["git_commit"] == "none"
    assert now.tags["template_sha256"] == now.files["chat_template.jinja"]
    assert json.loads(now.tags["dvc_outs"])["models/candidate"].startswith("fedcba")


def test_nothing_in_a_version_can_be_executed_and_its_tokenizer_is_the_candidates(
    first: Project,
) -> None:
    version = local_model(first.name).parent
    assert {path.suffix for path in version.rglob("*") if path.is_file()} <= UNPICKLED
    assert digests(version / "model") == digests(first.candidate)
    for file, digest in digests(version / "components" / "tokenizer").items():
        assert digest == digests(first.candidate)[file]
    model = (version / "MLmodel").read_text()
    assert "llm/v1/chat" in model
    assert "signature:" in model
    assert "torch==" in (version / "requirements.txt").read_text()


def test_a_second_run_of_the_same_changes_nothing(first: Project) -> None:
    before = first.pin.read_bytes()
    assert run_all(first) == "chatloop version 1 is the champion already"
    assert first.pin.read_bytes() == before
    assert (count_versions(first), count_models(first)) == (1, 1)


def test_download_gives_the_candidate_byte_for_byte(first: Project, tmp_path: Path) -> None:
    now = champion(first.name)
    assert now is not None
    download(now, tmp_path / "again")
    assert folder_sha256(tmp_path / "again") == first.candidate_sha256
    assert find(first.name, first.candidate_sha256) == now
    assert find(first.name, "0" * 64) is None


def test_a_better_candidate_replaces_the_champion_and_the_old_one_is_kept(
    project: Project,
) -> None:
    run_all(project)
    old = champion(project.name)
    project.train_again("better")
    assert pin_champion(project.name, project.pin, project.candidate).endswith(
        f"{project.name} version 1"
    )
    assert old is not None
    assert read_json(project.pin) == old.pin
    project.judge("PROMOTE")
    said = promote(project.name, register_one(project), project.verdict)
    assert said == f"{project.name} version 2 is the champion; before it: {project.name} version 1"
    assert aliases(project) == {"champion": 2, "previous": 1, "candidate": 2}
    pinned = project.pin.read_bytes()
    run_all(project)
    assert project.pin.read_bytes() == pinned


@pytest.mark.parametrize("verdict", ["HOLD", "REJECT"])
def test_without_a_promote_the_champion_stays(project: Project, verdict: str) -> None:
    run_all(project)
    project.train_again(verdict)
    project.judge(verdict)
    assert run_all(project) == f"{project.name} version 2 is not promoted: the verdict is {verdict}"
    assert aliases(project) == {"champion": 1, "candidate": 2}


def test_a_verdict_counts_for_its_own_candidate_and_its_own_rival_only(project: Project) -> None:
    run_all(project)
    project.train_again("second")
    with pytest.raises(UserError, match="is about another candidate; run the gate stage again"):
        register_one(project)
    project.judge("PROMOTE")
    second = register_one(project)
    said = promote(project.name, second, project.verdict)
    assert "version 1 became champion since it was judged" in said
    write_json(project.verdict, {"verdict": "PROMOTE", "candidate_sha256": "0" * 64})
    assert promote(project.name, second, project.verdict).endswith(
        "the verdict is about another candidate"
    )
    assert aliases(project)["champion"] == 1


def test_an_old_candidate_judged_again_keeps_its_version_and_gets_the_new_verdict(
    project: Project,
) -> None:
    project.judge("HOLD")
    assert register_one(project) == 1
    write_json(project.pin, {"version": 9, "candidate_sha256": "0" * 64, "files": {}})
    project.judge("PROMOTE")
    assert register_one(project) == 1
    kept = find(project.name, project.candidate_sha256)
    assert kept is not None
    assert (kept.tags["verdict"], kept.judged_against["version"]) == ("PROMOTE", 9)


STEPS = ["log_model_artifacts", "finalize_logged_model", "create_model_version"]


@pytest.mark.parametrize("step", [*STEPS, "set_registered_model_alias"])
def test_a_registration_that_was_interrupted_is_finished_by_the_next(
    project: Project, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    run_id = record(project.root)
    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(MlflowClient, step, interrupt)
        register_one(project, run_id)
    assert register_one(project, run_id) == 1
    assert aliases(project) == {"candidate": 1}
    assert (count_versions(project), count_models(project)) == (1, 1)
    assert digests(local_model(project.name, "candidate")) == digests(project.candidate)


def test_fifty_registrations_at_once_make_one_version(project: Project) -> None:
    run_id = record(project.root)
    with ThreadPoolExecutor(50) as pool:
        numbers = set(pool.map(lambda _: register_one(project, run_id), range(50)))
    assert numbers == {1}
    assert (count_versions(project), count_models(project)) == (1, 1)
    project.train_again("after fifty")
    project.judge("PROMOTE")
    assert register_one(project) == 2


def test_who_waits_too_long_for_another_registration_is_told(project: Project) -> None:
    with in_turn(project.name), pytest.raises(UnreachableError, match="another registration"):  # noqa: SIM117
        with in_turn(project.name, seconds=0.0):
            pytest.fail("two at once")


KILLED_BEFORE_THE_ALIAS = """
import os, signal
from pathlib import Path
from chatloop.io.registry.register import register
from mlflow import MlflowClient
MlflowClient.set_registered_model_alias = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
register("{name}", Path("models/candidate"), "{run_id}", Path("reports/verdict.json"))
"""


def test_a_process_killed_before_the_alias_leaves_a_version_that_the_next_finishes(
    project: Project,
) -> None:
    run_id = record(project.root)
    code = KILLED_BEFORE_THE_ALIAS.format(run_id=run_id, name=project.name)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run([sys.executable, "-c", code], check=False, env=environment)
    assert killed.returncode == -signal.SIGKILL
    assert (count_versions(project), aliases(project)) == (1, {})
    assert register_one(project, run_id) == 1
    assert (count_versions(project), aliases(project)) == (1, {"candidate": 1})


def test_files_that_the_store_lost_are_put_back(project: Project) -> None:
    run_all(project)
    (local_model(project.name) / "model.safetensors").unlink()
    with pytest.raises(UserError, match=r"version 1: model.safetensors is gone from"):
        local_model(project.name)
    assert register_one(project) == 1
    assert digests(local_model(project.name)) == digests(project.candidate)


def test_a_store_that_did_not_keep_the_bytes_registers_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    upload = MlflowClient.log_model_artifacts

    def lossy(client: Any, model_id: str, folder: str, place: str | None = None) -> None:
        upload(client, model_id, folder, place)
        if place is not None:
            kept = client.get_logged_model(model_id).artifact_location
            (Path(unquote(urlsplit(kept).path)) / place / "config.json").write_text("{}")

    monkeypatch.setattr(MlflowClient, "log_model_artifacts", lossy)
    monkeypatch.setattr(storing, "local_path", lambda _: None)  # as of a store somewhere else
    with pytest.raises(UserError, match=r"config.json is not what was uploaded"):
        register_one(project)
    assert count_versions(project) == 0


def test_a_disk_that_loses_bytes_and_a_candidate_that_changes_register_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = record(project.root)
    with monkeypatch.context() as lossy, pytest.raises(UserError, match="is not what was uploaded"):
        lossy.setattr(os, "pwrite", lambda _file, block, _at: len(block))
        register_one(project, run_id)
    copy = storing.copy

    def meanwhile(source: Path, target: Path) -> None:
        copy(source, target)
        (project.candidate / "card.json").write_text("{}")

    with monkeypatch.context() as changed, pytest.raises(UserError, match="changed while it was"):
        changed.setattr(storing, "copy", meanwhile)
        register_one(project, run_id)
    assert count_versions(project) == 0


@pytest.mark.parametrize("size", [0, 1, storing.BLOCK - 1, storing.BLOCK, 5 * storing.BLOCK + 7])
def test_a_copy_is_the_same_bytes_whatever_their_number(tmp_path: Path, size: int) -> None:
    (tmp_path / "given").write_bytes(os.urandom(size))
    storing.copy(tmp_path / "given", tmp_path / "new" / "kept")
    assert (tmp_path / "new" / "kept").read_bytes() == (tmp_path / "given").read_bytes()


def test_a_champion_that_chatloop_did_not_register_is_named(project: Project) -> None:
    register_one(project)
    with connect() as store:
        store.client.delete_model_version_tag(project.name, "1", "files")
        store.client.set_registered_model_alias(project.name, "champion", "1")
    with pytest.raises(UserError, match="version 1 was not registered by chatloop"):
        champion(project.name)


def test_an_empty_registry_pins_nobody_and_is_not_made(alone: Project) -> None:
    (alone.root / "mlflow.db").unlink()
    alone.pin.write_text("<<<<<<< half merged")
    assert pin_champion(alone.name, alone.pin, alone.candidate) == "no champion to beat yet"
    assert read_json(alone.pin) == {"version": None}
    assert not (alone.root / "mlflow.db").exists()
    with pytest.raises(UserError, match="has no champion yet; `chatloop run`"):
        local_model(alone.name)


def run_stage(project: Project) -> Path:
    out = project.root / "models" / "champion"
    champion_stage(ChampionParams(name=project.name), project.pin, out)
    return out


def test_the_champion_stage_rebuilds_the_pinned_version(project: Project) -> None:
    run_all(project)
    was = digests(project.candidate)
    project.train_again("next")
    pin_champion(project.name, project.pin, project.candidate)
    out = run_stage(project)
    assert read_json(out / "champion.json") == read_json(project.pin)
    (out / "champion.json").unlink()
    assert digests(out) == was


@pytest.mark.parametrize("harm", ["altered", "gone"])
def test_the_champion_stage_names_the_file_that_is_not_as_registered(
    project: Project, harm: str
) -> None:
    run_all(project)
    project.train_again("next")
    pin_champion(project.name, project.pin, project.candidate)
    stored = local_model(project.name) / "config.json"
    if harm == "gone":
        stored.unlink()
    else:
        stored.write_bytes(stored.read_bytes() + b" ")
    with pytest.raises(UserError, match=r"version 1: config.json is (gone|not what was)"):
        run_stage(project)
    assert not (project.root / "models" / "champion").exists()


def test_the_champion_stage_says_when_the_registry_is_another_one(project: Project) -> None:
    write_json(project.pin, {"version": 3, "candidate_sha256": "0" * 64, "files": {}})
    with pytest.raises(UserError, match=r"version 3 \(00000000\) is not in this registry"):
        run_stage(project)


def test_the_champion_stage_without_a_champion_needs_no_mlflow(project: Project) -> None:
    code = (
        "import sys; sys.argv = ['champion', '--pin', 'pins/champion.json', '--out', 'out']\n"
        "from chatloop.stages import main\n"
        "from chatloop.stages.champion import champion\n"
        "main(champion); assert 'mlflow' not in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert digests(project.root / "out").keys() == {"champion.json"}
    assert read_json(project.root / "out" / "champion.json") == {"version": None}


def answered(project: Project, answer: str | None = None) -> None:
    """The reports as an evaluation writes them: what the candidate says now, or something else."""
    from chatloop.conversation import Message
    from chatloop.io.models import hub
    from chatloop.modeling.answering import Chatter, Sampling
    from chatloop.modeling.answering import answer as ask
    from chatloop.tokens.rendering import Renderer

    tokenizer = hub.load_tokenizer(project.candidate)
    chatter = Chatter(hub.load_model(project.candidate), tokenizer, Renderer(tokenizer))
    limit = read_params(project.root / "params.yaml").evaluate.max_new_tokens
    said = ask(chatter, [Message("user", "hi")], Sampling(max_tokens=limit))
    asked = {"messages": [{"role": "user", "content": "hi"}], "candidate": answer or said}
    write_json(project.root / "reports" / "generations.json", [asked])


def test_a_version_answers_again_as_it_was_judged_before_it_is_champion(project: Project) -> None:
    answered(project)
    assert run_all(project).startswith(f"{project.name} version 1 is the champion")
    project.train_again("other")
    answered(project, answer="something that it never said")
    project.judge("PROMOTE")
    with pytest.raises(UserError, match="answers 1 of 1 questions otherwise than when it was"):
        run_all(project)
    assert aliases(project) == {"champion": 1, "candidate": 1}


def test_an_altered_file_keeps_a_version_from_becoming_champion(project: Project) -> None:
    number = register_one(project)
    stored = local_model(project.name, "candidate") / "config.json"
    stored.write_bytes(stored.read_bytes() + b" ")
    with pytest.raises(UserError, match=r"config.json is not what was registered"):
        promote(project.name, number, project.verdict)
    assert "champion" not in aliases(project)


def test_rollback_brings_the_champion_before_and_no_run_undoes_it(project: Project) -> None:
    run_all(project)
    project.train_again("worse")
    pin_champion(project.name, project.pin, project.candidate)
    project.judge("PROMOTE")
    run_all(project)
    said = rollback(project.name, "it was rude")
    assert said.startswith(f"{project.name} version 1 is the champion")
    assert aliases(project) == {"champion": 1, "previous": 2, "candidate": 2}
    assert "rolled it back (it was rude)" in run_all(project)
    assert aliases(project)["champion"] == 1


def test_rollback_without_a_champion_before_is_one_line(project: Project) -> None:
    with pytest.raises(UserError, match="has no champion version"):
        rollback(project.name, "why not")
    run_all(project)
    with pytest.raises(UserError, match="has no previous version"):
        rollback(project.name, "why not")


def test_a_failed_check_is_overridden_by_its_name_with_a_reason_that_is_kept(
    project: Project,
) -> None:
    run_all(project)
    project.train_again("slow")
    pin_champion(project.name, project.pin, project.candidate)
    findings = {"speed": {"outcome": "REJECT"}, "base": {"outcome": "PROMOTE"}}
    reasons = ["half the champion's speed"]
    decided = {"verdict": "REJECT", "reasons": reasons, "findings": findings}
    write_json(project.verdict, {**decided, "candidate_sha256": project.candidate_sha256})
    number = register_one(project)
    with pytest.raises(UserError, match=r"half the champion's speed; .* --override \"speed\""):
        promote_by_hand(project.name, number, "we need it", [])
    with pytest.raises(UserError, match="did not fail base"):
        promote_by_hand(project.name, number, "we need it", ["speed", "base"])
    promote_by_hand(project.name, number, "we need it", ["speed"])
    now = champion(project.name)
    assert now is not None
    kept = json.loads(now.tags["moved_by_hand"])
    assert (now.number, kept["reason"], kept["overridden"]) == (number, "we need it", ["speed"])
    assert kept["by"]


def test_a_version_holds_its_card_and_what_makes_it_again(first: Project) -> None:
    whole = local_model(first.name).parent
    card = (whole / "model_card.md").read_text()
    assert "**PROMOTE**" in card
    for file, digest in digests(first.candidate).items():
        assert f"| {file} | {digest} |" in card
    for name in ("params.yaml", "dvc.lock", "pins/champion.json"):
        assert (whole / "origin" / name).read_bytes() == (first.root / name).read_bytes()
