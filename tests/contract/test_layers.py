"""Who may know whom: pure rooms in the middle, each outside system in its own place."""

from pathlib import Path

import pytest

from tests.contract.imports import ROOT, SOURCE, imports, third_party

PACKAGE = SOURCE / "chatloop"
OUTSIDE = {
    "torch", "mlflow", "prefect", "dvc", "great_expectations", "transformers", "huggingface_hub",
    "httpx", "requests", "socket", "urllib", "subprocess",
}  # fmt: skip
RIM = {"io", "modeling", "training", "stages", "terminal"}
RIM_OF_SERVE = {"engines", "loading", "guard", "store", "starting.py"}  # files, sockets, databases
TOP_LEVEL_RIM = {"cli.py", "project.py"}
FILES = sorted(PACKAGE.rglob("*.py"))
TESTS = ROOT / "tests"


def is_rim(path: Path) -> bool:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] in RIM | TOP_LEVEL_RIM or (parts[0] == "serve" and parts[1] in RIM_OF_SERVE)


def users_of(library: str) -> set[str]:
    found = {path for path in FILES if library in third_party(path)}
    found |= {path for path in (ROOT / "flows").rglob("*.py") if library in third_party(path)}
    return {path.relative_to(ROOT).parts[0 if "flows" in path.parts else 2] for path in found}


@pytest.mark.parametrize("path", [p for p in FILES if not is_rim(p)], ids=lambda p: p.name)
def test_pure_rooms_know_nothing_of_the_outside(path: Path) -> None:
    assert not third_party(path) & OUTSIDE
    assert not any(name.startswith("chatloop.io") for name in imports(path))


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("prefect", {"flows"}),
        ("mlflow", {"io"}),
        ("great_expectations", {"io"}),
        ("torch", {"io", "modeling", "training", "serve"}),
        ("huggingface_hub", {"io"}),
        ("dvc", {"flows", "project.py"}),
        ("google", {"connectors"}),
        ("slack_sdk", {"connectors"}),
    ],
)
def test_each_outside_system_has_its_place(library: str, rooms: set[str]) -> None:
    assert users_of(library) <= rooms


def test_the_dag_is_read_without_prefect() -> None:
    assert "prefect" not in third_party(ROOT / "flows" / "dag.py")


def test_stages_do_not_know_each_other() -> None:
    for path in (PACKAGE / "stages").glob("[a-z]*.py"):
        assert not any(name.startswith("chatloop.stages.") for name in imports(path)
                       if name not in ("chatloop.stages.main", "chatloop.stages.say")), path  # fmt: skip


@pytest.mark.parametrize("name", ["trust_remote_code=True", "allow_pickle=True", "torch.load"])
def test_nothing_can_switch_on_code_of_somebody_elses(name: str) -> None:
    assert not [path for path in FILES if name in path.read_text(encoding="utf-8")]


def test_files_are_of_a_size_that_a_person_can_hold() -> None:
    long = {p.name: n for p in FILES if (n := len(p.read_text().splitlines())) > 250}
    assert not long


def test_test_files_outside_packages_have_names_of_their_own() -> None:
    """pytest takes two of one name for the same module, and says so only where both are run."""
    loose = [p.name for p in TESTS.rglob("test_*.py") if not (p.parent / "__init__.py").is_file()]
    assert not sorted({name for name in loose if loose.count(name) > 1})
