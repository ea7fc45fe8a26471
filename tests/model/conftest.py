"""A candidate, MLflow's tables and a project around them, made once and copied for each test."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from projects import Project, make_project, write_tables

from chatloop.io.mlflow_store.connection import quiet_mlflow
from chatloop.io.models.hub import write_card

Make = Callable[[Path], Project]


@pytest.fixture(scope="session")
def empty_database(once: Callable[..., Path]) -> Path:
    """MLflow's tables without a row in them: making these takes seconds, a copy does not."""

    def make(folder: Path) -> None:
        quiet_mlflow().MlflowClient(f"sqlite:///{folder}/mlflow.db").search_experiments()

    return once("mlflow", make) / "mlflow.db"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, chatml: Any) -> Path:
    """A small GPT-2 with its tokenizer, saved as the train stage saves a candidate."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    folder = tmp_path_factory.mktemp("models") / "candidate"
    torch.manual_seed(0)
    marks = {"eos_token_id": chatml.eos_token_id, "pad_token_id": chatml.pad_token_id}
    config = GPT2Config(
        vocab_size=len(chatml), n_positions=64, n_embd=32, n_layer=2, n_head=2, **marks
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    chatml.save_pretrained(folder)
    write_card(folder, source="test", revision=None, licence="Apache-2.0", trained_context=64)
    return folder


@pytest.fixture(scope="session")
def new_project(trained: Path, empty_database: Path) -> Make:
    """Makes a project with a store of its own."""
    return lambda root: make_project(root, trained, empty_database)


@pytest.fixture(scope="module")
def shared_project(
    new_project: Make, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """One for tests that only look, in a folder with an unusual name; the working folder."""
    made = new_project(tmp_path_factory.mktemp("shared") / "a project #1")
    write_tables(made.root / "reports")
    with pytest.MonkeyPatch.context() as monkeypatch:
        _enter(made, monkeypatch)
        yield made


@pytest.fixture
def alone(new_project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """One whose store is the default, in its folder."""
    made = new_project(tmp_path / "project")
    _enter(made, monkeypatch)
    return made


@pytest.fixture(scope="session")
def store_uri(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store for many tests: to open one takes longer than all that a test does in it."""
    return f"sqlite:///{shutil.copy(empty_database, tmp_path_factory.mktemp('store'))}"


@pytest.fixture
def project(
    new_project: Make,
    store_uri: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Project:
    """One whose candidate and registered name are the test's own, in a store that others share."""
    made = new_project(tmp_path / "project")
    _enter(made, monkeypatch)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store_uri)
    made.name = re.sub(r"\W+", "-", request.node.name)
    made.train_again(made.name)
    made.judge("PROMOTE")
    return made


def _enter(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(project.root)
