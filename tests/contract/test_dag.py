"""The flow's graph is DVC's own, and its order is one that DVC would allow."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo
from hypothesis import given
from hypothesis import strategies as st

from chatloop.errors import UserError
from flows.dag import Stage, in_order, read_dag, readers_after_writer

PIN, CANDIDATE = "pins/champion.json", "models/candidate"


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """The project's own pipeline in a DVC repository of its own."""
    Repo.init(str(tmp_path), no_scm=True)
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(root / name, tmp_path / name)
    return tmp_path


def is_topological(stages: Sequence[Stage]) -> bool:
    place = {stage.name: at for at, stage in enumerate(stages)}
    return all(place[name] < place[stage.name] for stage in stages for name in stage.upstream)


def test_stages_and_edges_are_those_of_dvc(copy: Path) -> None:
    graph = Repo(str(copy)).index.graph
    theirs = {(node.name, other.name) for node, other in graph.edges}
    ours = {(stage.name, name) for stage in read_dag(copy) for name in stage.upstream}

    assert ours == theirs
    assert {stage.name for stage in read_dag(copy)} == {node.name for node in graph.nodes}


def test_paths_and_policies_are_those_of_dvc_yaml(copy: Path) -> None:
    said = yaml.safe_load((copy / "dvc.yaml").read_text())["stages"]
    for stage in read_dag(copy):
        policy = said[stage.name]["meta"]["prefect"]
        kept = {name: getattr(stage, name) for name in policy}
        assert kept == policy
        assert list(stage.deps) == said[stage.name]["deps"]
        assert set(said[stage.name].get("outs", [])) <= set(stage.outs)


def test_the_order_is_topological_and_always_the_same(copy: Path) -> None:
    assert is_topological(read_dag(copy))
    assert read_dag(copy) == read_dag(copy)


def test_the_champions_pin_is_read_only_after_the_candidate_is_there(copy: Path) -> None:
    stages = readers_after_writer(read_dag(copy), PIN, CANDIDATE)
    names = [stage.name for stage in stages]
    (writer,) = [stage.name for stage in stages if CANDIDATE in stage.outs]
    readers = [stage.name for stage in stages if PIN in stage.deps]

    assert is_topological(stages)
    assert readers
    assert all(names.index(writer) < names.index(reader) for reader in readers)


@pytest.mark.parametrize(
    ("stages", "says"),
    [
        (
            "  a: {cmd: x, deps: [b], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n",
            "as both a dependency and",
        ),
        ("  a: {cmd: x, outs: [o]}\n  b: {cmd: x, outs: [o]}\n", "output 'o'"),
        ("  a: [\n", "dvc.yaml"),
        ("  a: {cmdx: 1}\n", "cmdx"),
        ("  a: {cmd: x, meta: {prefect: {retry: 1}}}\n", "stages.a.meta.prefect: retry"),
        ("  a: {cmd: x, meta: {prefect: {retries: two}}}\n", "retries"),
        ("  a: {cmd: x, meta: {prefect: {timeout_seconds: 0}}}\n", "timeout_seconds"),
        ("  a: {cmd: x, meta: {prefect: 3}}\n", "dictionary"),
    ],
)
def test_a_pipeline_that_cannot_be_is_one_clear_line(copy: Path, stages: str, says: str) -> None:
    (copy / "dvc.yaml").write_text(f"stages:\n{stages}")

    with pytest.raises(UserError, match=r"^[^\n]+$") as caught:
        read_dag(copy)
    assert says in str(caught.value)


def test_a_pin_that_the_candidate_waits_for_is_refused() -> None:
    stages = [Stage("a", deps=(PIN,)), Stage("b", upstream=("a",), outs=(CANDIDATE,))]

    with pytest.raises(UserError, match="a, b wait for each other"):
        readers_after_writer(stages, PIN, CANDIDATE)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_any_graph_is_ordered_or_has_a_circle(edges: list[tuple[int, int]]) -> None:
    forward = {(str(max(edge)), str(min(edge))) for edge in edges if edge[0] != edge[1]}
    names = [str(number) for number in range(10)]
    waits = {name: sorted(b for a, b in forward if a == name) for name in names}
    shuffled = [Stage(name, upstream=tuple(waits[name])) for name in sorted(names, reverse=True)]

    ordered = in_order(shuffled, waits)
    assert is_topological(ordered)
    assert {stage.name for stage in ordered} == set(names)

    for last, first in sorted(forward)[:1]:
        with pytest.raises(UserError, match="wait for each other"):
            in_order(shuffled, {**waits, first: [last]})


def test_the_graph_needs_no_prefect() -> None:
    code = "import sys, flows.dag, flows.processes.child, flows.processes.reproduce; print('prefect' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_prefect_knows_every_setting_of_prefect_toml(root: Path) -> None:
    from prefect.settings import Settings

    def unknown(model: Any, table: dict[str, Any], path: str) -> list[str]:
        found = []
        for key, value in table.items():
            field = model.model_fields.get(key)
            if field is None:
                found.append(f"{path}{key}")
            elif isinstance(value, dict):
                found += unknown(field.annotation, value, f"{path}{key}.")
        return found

    assert unknown(Settings, tomllib.loads((root / "prefect.toml").read_text()), "") == []


def test_deployments_name_their_flows_and_parameters_that_these_have(root: Path) -> None:
    deployments = yaml.safe_load((root / "infra/prefect.yaml").read_text())["deployments"]
    assert [one["name"] for one in deployments] == [
        "retrain", "monitor", "retrain-kubernetes", "monitor-kubernetes",
    ]  # fmt: skip
    for one in deployments:
        file, _, name = one["entrypoint"].partition(":")
        flow = getattr(import_module(".".join(Path(file).with_suffix("").parts)), name)
        assert flow.name == one["name"].removesuffix("-kubernetes")
        triggered = [key for trigger in one.get("triggers", []) for key in trigger["parameters"]]
        assert {*one["parameters"], *triggered} <= set(flow.parameters.properties)
        assert one["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}


def test_automations_and_job_template_are_what_prefect_takes(root: Path) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.events.schemas.automations import AutomationCore

    for one in yaml.safe_load((root / "infra/automations.yaml").read_text())["automations"]:
        AutomationCore.model_validate(one)
    template = json.loads((root / "infra/kubernetes/job.json").read_text())
    WorkPoolCreate(name="pods", type="kubernetes", base_job_template=template)
    used = set(re.findall(r"{{ (\w+) }}", json.dumps(template["job_configuration"])))
    assert used == set(template["variables"]["properties"])


def test_what_compose_starts_is_there(root: Path) -> None:
    compose = yaml.safe_load((root / "infra/compose.yaml").read_text())
    assert set(compose["services"]) == {"mlflow", "prefect", "deploy", "worker", "serve"}
    for service in compose["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
