"""dvc.yaml, params.yaml, the stages and the code say the same."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatloop.params import Params
from tests.contract.imports import ROOT, SOURCE, first_party

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
STAGES = sorted(PIPELINE)
CODE = "src/chatloop"


def paths(entries: list[Any]) -> set[str]:
    return {next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries}


def outs(stage: dict[str, Any]) -> set[str]:
    return set().union(*(paths(stage.get(kind, [])) for kind in ("outs", "metrics", "plots")))


# Where a stage keeps what helps it to go on after it was interrupted, and nothing else.
SCRATCH = ".dvc/tmp/"


def code_deps(stage: dict[str, Any]) -> set[Path]:
    return {ROOT / dep for dep in stage.get("deps", []) if dep.startswith(CODE)}


def test_a_stage_its_module_and_its_params_section_carry_one_name() -> None:
    modules = {path.stem for path in (SOURCE / "chatloop" / "stages").glob("[a-z]*.py")}
    sections = {field.alias or name for name, field in Params.model_fields.items()}
    assert sections == set(yaml.safe_load((ROOT / "params.yaml").open()))
    assert set(STAGES) == modules == sections - {"serve"}  # which is no stage: it only reads


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_depends_on_its_own_section_of_params_and_no_other(name: str) -> None:
    assert PIPELINE[name]["params"] == [name]
    assert re.match(rf"\$\{{run\}}\.{name} ", PIPELINE[name]["cmd"])


@pytest.mark.parametrize("name", STAGES)
def test_every_path_of_a_command_is_a_dep_or_an_out_and_the_reverse(name: str) -> None:
    stage = PIPELINE[name]
    said = {p for p in re.findall(r"--[\w-]+ (\S+)", stage["cmd"]) if not p.startswith(SCRATCH)}
    declared = {dep for dep in stage.get("deps", []) if not dep.startswith(CODE)} | outs(stage)
    assert said == declared


def covered(file: Path, deps: set[Path]) -> bool:
    return any(file == dep or dep in file.parents for dep in deps)


@pytest.mark.parametrize("name", STAGES)
def test_deps_cover_every_first_party_import(name: str) -> None:
    """Else a change of the code would leave a stale result in place."""
    needed = first_party(SOURCE / "chatloop" / "stages" / f"{name}.py")
    deps = code_deps(PIPELINE[name])
    missing = sorted(str(f.relative_to(ROOT)) for f in needed if not covered(f, deps))
    assert not missing, f"add to deps of {name}: {missing}"
    idle = sorted(str(d) for d in deps if not any(covered(file, {d}) for file in needed))
    assert not idle, f"take from deps of {name}: {idle}"


@pytest.mark.parametrize("name", STAGES)
def test_metrics_and_plots_stay_in_git(name: str) -> None:
    for kind in ("metrics", "plots"):
        for entry in PIPELINE[name].get(kind, []):
            ((path, options),) = entry.items()
            assert options["cache"] is False, path
