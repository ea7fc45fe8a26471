"""What a run leaves on its page in Prefect, and in the diary, from reports as the stages write them."""

import json
from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from chatloop.params import Params
from chatloop.params.file import read_params
from flows import retrain

pytestmark = pytest.mark.server
VERDICT = {
    "verdict": "HOLD", "reasons": ["not clearly better: 0.0010 bits per byte (at least -0.0030)"],
    "candidate_sha256": "1f", "champion_version": 3,
    "findings": {"beats_champion": {"outcome": "unsure", "mean": 0.001, "low": -0.003}},
}  # fmt: skip
SCORES = {"bits_per_byte": {"candidate": 0.21, "champion": 0.22}, "comparable": 300}


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "verdict.json").write_text(json.dumps(VERDICT))
    (folder / "evaluate.json").write_text(json.dumps(SCORES))
    (folder / "curve.csv").write_text("step,loss\n1,3.0\n2,2.5\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@flow(name="page", persist_result=False)
def page(params: Params, stages: dict[str, str]) -> dict[str, Any]:
    result = {"stages": stages, "run_id": "3f", "version": 4, "promoted": False}
    facts = retrain._facts(Path.cwd(), stages, result)
    retrain._tell(params, ["sources: 1 file changed"], facts, result)
    return facts


def test_the_page_has_tables_a_link_and_pictures_and_the_diary_the_reason(
    server: str, reports: Path, root: Path
) -> None:
    known = read_params(root / "params.yaml")
    notify = known.notify.model_copy(update={"report": "https://reports.example/{version}"})
    params = known.model_copy(update={"notify": notify})

    facts = page(params, {"train": "Ran", "split": "Cached"})

    assert facts == {
        "version": 4,
        "trained": True,
        "outcome": "held",
        "said": VERDICT["reasons"][0],
    }
    with get_client(sync_client=True) as client:
        artifacts = {one.key: one for one in client.read_artifacts()}
    assert "not clearly better" in str(artifacts["chatloop-verdict"].data)
    checks = json.loads(str(artifacts["chatloop-checks"].data))
    assert checks == [
        {"check": "beats_champion", "outcome": "unsure", "numbers": "mean 0.001, low -0.003"}
    ]
    assert "bits per byte" in str(artifacts["chatloop-scores"].data)
    assert "https://reports.example/4" in str(artifacts["chatloop-report"].data)
    assert str(artifacts["chatloop-learning-curve"].data).startswith("data:image/png;base64,")


def test_a_run_in_which_no_stage_had_anything_to_do_says_that_nothing_was_new(
    server: str, reports: Path, root: Path
) -> None:
    facts = page(read_params(root / "params.yaml"), {"train": "Cached", "split": "Cached"})
    assert facts["outcome"] == "nothing_new"
    assert facts["trained"] is False
    assert "nothing new to learn" in facts["said"]


def test_a_page_that_cannot_be_made_does_not_harm_the_run(
    server: str, reports: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(retrain, "step", broken)
    facts = page(read_params(root / "params.yaml"), {"train": "Ran"})
    assert facts["outcome"] == "held"
