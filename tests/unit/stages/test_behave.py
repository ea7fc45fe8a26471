"""The stage writes one report, the same to the byte, with a champion and without."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from chatloop.behaviour.evidence import evidence
from chatloop.gating import probes
from chatloop.io import hub
from chatloop.io.files import read_json
from chatloop.params.behave import BehaveParams
from chatloop.params.file import read_params
from chatloop.stages.behave import behave
from tests.judges import judge_server
from tests.unit.gating.test_deciding import PARAMS as GATE

CASES = """
- name: says_something
  question: where is my order
  min_words: 0
- name: keeps_cards_to_itself
  question: where is it
  no_personal_data: true
  must: true
"""


@pytest.fixture
def project(tmp_path: Path, small_model: Any, chatml: Any) -> dict[str, Path]:
    paths = {name: tmp_path / name for name in ("cases", "candidate", "champion")}
    paths["cases"].mkdir()
    (paths["cases"] / "mine.yaml").write_text(CASES)
    hub.save(small_model, chatml, paths["candidate"])
    paths["champion"].mkdir()
    return paths | {"behaviours": tmp_path / "behaviours.json", "replies": tmp_path / "replies"}


@pytest.fixture
def params(root: Path) -> BehaveParams:
    return read_params(root / "params.yaml").behave.model_copy(
        update={"max_new_tokens": 4, "threads": 1}
    )


def test_without_a_champion_only_the_candidate_is_asked(
    project: dict[str, Path], params: BehaveParams, capsys: pytest.CaptureFixture[str]
) -> None:
    behave(params, **project)
    found = read_json(project["behaviours"])
    assert found["candidate"]["passed"] == 2
    assert "champion" not in found
    assert "judge" not in found
    assert capsys.readouterr().out == "behave: candidate: 0 of 2 cases failed\n"


def test_both_are_asked_and_the_report_is_the_same_to_the_byte(
    project: dict[str, Path], params: BehaveParams, small_model: Any, chatml: Any
) -> None:
    hub.save(small_model, chatml, project["champion"])
    behave(params, **project)
    first = project["behaviours"].read_bytes()
    behave(params, **project)
    assert project["behaviours"].read_bytes() == first
    found = read_json(project["behaviours"])
    assert found["candidate"] == found["champion"]


def test_the_judge_is_asked_in_both_orders_and_a_second_run_asks_nothing(
    project: dict[str, Path], params: BehaveParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["Yes.", "No."] * 2)
    monkeypatch.setattr("chatloop.stages.behave.ask", lambda *_: [next(answers)])
    shutil.copytree(project["candidate"], project["champion"], dirs_exist_ok=True)
    (project["cases"] / "mine.yaml").write_text("- {name: a, question: q, rubric: is kind}")
    with judge_server() as server:
        url = f"http://127.0.0.1:{server.server_port}/v1"
        named = params.judge.model_copy(update={"url": url, "model": "judge"})
        asking = params.model_copy(update={"judge": named})
        behave(asking, **project)
        first = project["behaviours"].read_bytes()
        behave(asking, **project)

    assert len(server.seen) == 2
    assert project["behaviours"].read_bytes() == first
    judged = read_json(project["behaviours"])["judge"]
    assert (judged["compared"], judged["ties"], judged["agrees_with_itself"]) == (1, 1, 0.0)
    assert (judged["input_tokens"], judged["output_tokens"]) == (24, 6)


def test_the_gate_reads_what_the_stage_wrote(
    project: dict[str, Path], params: BehaveParams
) -> None:
    (project["cases"] / "mine.yaml").write_text(
        "- {name: speaks_long, question: q, min_words: 1000, must: true}"
    )
    behave(params, **project)
    seen = evidence(read_json(project["behaviours"]))
    assert seen is not None
    (finding,) = probes.behaviours(seen, GATE)
    assert finding.outcome == "REJECT"
    assert finding.reason == "fails 1 cases that it must pass: speaks_long"
