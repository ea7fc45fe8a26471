"""A retraining in this process: the stages of dvc.yaml in their order, and the flow's steps.

What `chatloop run` does, without a process for every stage and a Prefect server, which is what
takes its time where data and model are small.
"""

import importlib
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from benchmarks.team.project import Project
from chatloop.io.feedback.manifest import FOLDER, PIN
from chatloop.io.feedback.snapshot import snapshot
from chatloop.io.mlflow_store.record import record
from chatloop.io.models.base_pin import pin_base
from chatloop.io.operating.glance import glance
from chatloop.io.operating.journal import Run
from chatloop.io.registry.holding import pin_champion
from chatloop.io.registry.moving import promote
from chatloop.io.registry.register import register
from chatloop.io.sources import pin_sources
from chatloop.io.store import Reader, opened
from chatloop.params import Params
from chatloop.project import override_params
from chatloop.stages import main
from flows.feedback import wants_feedback
from flows.retrain import BASE_PIN, CANDIDATE, CHAMPION_PIN, SOURCES_PIN, VERDICT


class InProcess(Project):
    """A project whose retraining needs no other process; the working folder is its folder."""

    def run(self, changes: Sequence[str], say: Callable[[str], None]) -> Run:
        params = override_params(changes)
        _pin(params)
        for name, words in _stages():
            if name == "champion":
                pin_champion(params.champion.name, Path(CHAMPION_PIN), Path(CANDIDATE))
            _stage(name, words)
            say(f"{name} ran")
        return _promoted(self, params.champion.name)


def _pin(params: Params) -> None:
    if wants_feedback(params):
        with opened(params.serve.store) as engine:
            snapshot(Reader(engine) if engine else None, FOLDER, PIN)
    pin_sources(params.ingest, Path(SOURCES_PIN))
    pin_base(params.base, Path(BASE_PIN))


def _stages() -> list[tuple[str, list[str]]]:
    """Each stage's name and the words behind it: `[("ingest", ["--sources", …]), …]`."""
    stages = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return [(name, shlex.split(one["cmd"])[1:]) for name, one in stages.items()]


def _stage(name: str, words: list[str]) -> None:
    stage = getattr(importlib.import_module(f"chatloop.stages.{name}"), name)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", [name, *words])
        main(stage)


def _promoted(project: Project, name: str) -> Run:
    version = register(name, Path(CANDIDATE), record(project.folder), Path(VERDICT))
    if project.report("verdict")["verdict"] == "PROMOTE":
        promote(name, version, Path(VERDICT))
    champion = any(held.alias == "champion" and held.version == version for held in glance(name))
    outcome = "promoted" if champion else "held"
    return Run(started=0.0, pid=0, ended=0.0, outcome=outcome, version=version, trained=True)
