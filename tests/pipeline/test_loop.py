"""The loop in small: people rate what a server says, and the next version that it serves is better.

A real server in a process of its own, answers and opinions over HTTP, the stages as dvc.yaml has
them. `python -m benchmarks.loop` is the same with three rounds, the flow and a larger model.
"""

from pathlib import Path

import pytest

from benchmarks.team.project import made
from benchmarks.team.rounds import Plan, play
from tests.pipeline.in_process import InProcess

pytestmark = [pytest.mark.pipeline, pytest.mark.server]
SMALL = (
    "ingest.builtin.conversations=300",
    "base.tiny.layers=2",
    "base.tiny.width=64",
    "base.tiny.vocab_size=800",
    "train.epochs=4",
    "align.min_rows=20",
    "align.evaluate_every=100",
    "evaluate.generations=4",
    "evaluate.max_new_tokens=16",
    "evaluate.probe.personal.prompts=4",
    "evaluate.probe.spans={count: 4, prefix: 8, tokens: 50, least: 16}",
    "evaluate.speed.rounds=1",
    "gate.min_conversations=20",
    "gate.resamples=200",
    "gate.preference.min_rows=8",
    "serve.engine.follow_seconds=0.2",
    # Of small products, a second thread costs more than it does.
    *(f"{part}.threads=1" for part in ("train", "align", "evaluate", "serve.engine")),
)


def test_a_round_of_ratings_makes_a_better_champion_and_the_server_swaps_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    project = InProcess(made(tmp_path / "project").folder)
    monkeypatch.chdir(project.folder)
    before, after = play(project, Plan(rounds=1, prompts=120, unseen=60, changes=SMALL), print)
    assert (before.version, before.verdict, before.answered_by) == (1, "PROMOTE", ["1"])
    assert (after.version, after.verdict, after.answered_by) == (2, "PROMOTE", ["2"])
    assert after.promoted
    assert after.opinions == sum(after.feedback.values()) == 120
    assert after.learned > 60
    assert after.hidden_score > before.hidden_score
    assert after.bits_per_byte - before.bits_per_byte <= 0.02
