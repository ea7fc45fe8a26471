"""What the registry's aliases name is what is loaded, fetched and verified."""

from pathlib import Path

import pytest
from projects import Project

from chatloop.errors import UnreachableError
from chatloop.io.files import digests
from chatloop.io.registry.moving import promote
from chatloop.io.registry.register import register
from chatloop.io.tracking import record
from chatloop.params.serving import EngineParams
from chatloop.serve.loading import models_of
from chatloop.serve.loading.releases import RegistrySource, source_of
from chatloop.serve.model import NoModelError


def register_one(project: Project) -> int:
    return register(project.name, project.candidate, record(project.root), project.verdict)


def test_the_champion_is_fetched_as_it_was_registered_and_answers(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    params = EngineParams(engine="transformers", max_streams=3, candidate_share=0.5)
    models = models_of(project.name, None, params)
    models.look()
    with pytest.raises(NoModelError, match="chatloop run"):
        models.choose("anna")
    number = register_one(project)
    promote(project.name, number, project.verdict)
    wanted = RegistrySource(project.name).wanted()
    assert wanted.champion is not None
    assert wanted.candidate is None  # it is the champion
    assert digests(wanted.champion.fetch()) == digests(project.candidate)
    models.look()
    assert models.choose("anna").version == str(number)
    project.train_again("another")
    project.judge("HOLD")
    other = register_one(project)
    models.look()
    assert {models.choose(f"user-{n}").version for n in range(40)} == {str(number), str(other)}
    pinned = source_of(project.name, str(other)).wanted().champion
    assert pinned is not None
    assert pinned.version == str(other)
    models.close()


def test_a_rejected_candidate_shares_no_traffic(project: Project) -> None:
    promote(project.name, register_one(project), project.verdict)
    project.train_again("worse")
    project.judge("REJECT")
    register_one(project)
    assert RegistrySource(project.name).wanted().candidate is None


def test_a_registry_that_is_away_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(UnreachableError):
        RegistrySource("chatloop").wanted()
