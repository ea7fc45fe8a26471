"""A model that learned as an adapter: registered merged, and as the adapter with its base."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from projects import Project
from test_registry import run_all

from chatloop.conversation import Message
from chatloop.io.files import digests, folder_sha256, read_json
from chatloop.io.models import adapters, hub
from chatloop.io.models.candidate import save_candidate
from chatloop.io.registry.holding import download, local_model, numbered
from chatloop.io.registry.listing import lineage
from chatloop.io.registry.moving import rollback
from chatloop.modeling.adapting.learner import make_learner
from chatloop.modeling.answering import Chatter, Sampling, answer
from chatloop.pages.lineage import lineage_picture
from chatloop.params import TrainParams
from chatloop.params.file import read_params
from chatloop.tokens.rendering import Renderer

ASKED = [Message("user", "where is my order")]
REVISION = "0123456789abcdef0123456789abcdef01234567"


def adapted(project: Project, base: Path) -> None:
    """A candidate whose adapter says something, as the train stage leaves it."""
    import torch

    hub.write_card(base, source="team/base", revision=REVISION, licence="MIT", added_tokens=[])
    given = read_params(project.root / "params.yaml").train.model_dump()
    adapter = {"kind": "lora", "rank": 2, "alpha": 4.0}
    wish = TrainParams.model_validate({**given, "optimizer": "adamw", "adapter": adapter})
    learner = make_learner(hub.load_model(base), wish, ())
    torch.manual_seed(5)
    with torch.no_grad():
        for weight in learner.model.parameters():
            if weight.requires_grad:
                weight.normal_(std=0.3)
    prompts = [[5, 6, 7, 8]]
    save_candidate(learner, wish.adapter, base, project.candidate, 64, prompts)
    project.judge("PROMOTE")


def said(model: Any, folder: Path) -> str:
    tokenizer = hub.load_tokenizer(folder)
    return answer(Chatter(model, tokenizer, Renderer(tokenizer)), ASKED, Sampling())


@pytest.fixture
def both(project: Project, trained: Path, tmp_path: Path) -> tuple[Project, Path]:
    """Version 1 is a whole model, version 2 learned as an adapter beside it."""
    base = Path(shutil.copytree(trained, tmp_path / "base"))
    run_all(project)
    adapted(project, base)
    return project, base


def test_a_version_holds_the_merged_model_and_the_adapter_with_its_base_by_revision_and_hash(
    both: tuple[Project, Path],
) -> None:
    from peft import PeftModel

    project, base = both
    run_all(project)
    stored = local_model(project.name, 2)
    assert digests(stored) == digests(project.candidate)
    origin = adapters.origin_of(stored / "adapter")
    assert (origin.source, origin.revision) == ("team/base", REVISION)
    assert origin.weights_sha256 == adapters.weights_sha256(hub.load_model(base))
    assert origin.files["model.safetensors"] == digests(base)["model.safetensors"]
    beside = PeftModel.from_pretrained(hub.load_model(base), stored / "adapter")
    assert (
        said(beside, base)
        == said(hub.load_model(stored), stored)
        != said(hub.load_model(base), base)
    )
    card = (stored.parent / "model_card.md").read_text()
    assert f"weights of team/base at {REVISION}, sha256 {origin.weights_sha256}" in card
    assert "| adapter/adapter_model.safetensors |" in card
    assert not (stored.parent / "components" / "tokenizer" / "adapter").exists()
    found = lineage(project.name, 2)
    assert found["facts"]["adapter"] == {
        "kind": "lora", "rank": 2, "alpha": 4.0, "base": "team/base", "base_revision": REVISION,
        "base_weights_sha256": origin.weights_sha256,
    }  # fmt: skip
    assert "lora of rank 2" in lineage_picture(found)


def test_mlflow_answers_with_the_merged_model_and_a_rollback_leaves_the_version_whole(
    both: tuple[Project, Path], tmp_path: Path
) -> None:
    import mlflow

    project, _ = both
    assert "version 2 is the champion" in run_all(project)
    request = {"messages": [{"role": one.role, "content": one.content} for one in ASKED]}
    (reply,) = mlflow.pyfunc.load_model(f"models:/{project.name}/2").predict(request)
    stored = local_model(project.name, 2)
    merged = said(hub.load_model(stored), stored)
    assert reply["choices"][0]["message"]["content"].strip() == merged
    assert "version 1 is the champion" in rollback(project.name, "it was rude")
    download(numbered(project.name, 2), tmp_path / "again")
    assert folder_sha256(tmp_path / "again") == project.candidate_sha256
    assert read_json(tmp_path / "again" / "adapter" / "base.json")["revision"] == REVISION
