"""What the docs say is there, and what is there the docs say."""

import re
from pathlib import Path

import pytest

from chatloop.cleaning.rules import RULES
from chatloop.cli import app
from chatloop.connectors import CONNECTORS
from chatloop.formats import FORMATS
from chatloop.params.data import REPAIR_NAMES
from chatloop.privacy.kinds import KINDS
from tests.contract.imports import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands() -> set[str]:
    groups = {str(group.name) for group in app.registered_groups}
    return groups | {
        str(c.name or c.callback.__name__).replace("_", "-")
        for c in app.registered_commands
        if c.callback
    }


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE))
    assert {"run", "test"} <= named <= targets


def test_every_chatloop_command_is_in_the_readme_and_the_reverse() -> None:
    assert set(re.findall(r"^(?:\$ )?chatloop ([a-z-]+)", README, re.MULTILINE)) <= commands()
    for name in commands():
        assert f"chatloop {name}" in README, name


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_is_in_the_docs(name: str) -> None:
    assert f"`{name}`" in DOCS["data.md"]


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_every_connector_its_paths_and_its_secrets_are_in_the_docs(name: str) -> None:
    page, known = DOCS["connectors.md"], CONNECTORS[name]
    assert f"| `{name}` |" in page
    for variable in (*known.secrets, *known.needs, *known.reads):
        assert variable in page, variable


def test_every_repair_rule_and_kind_of_personal_data_is_in_the_docs() -> None:
    for name in (*REPAIR_NAMES, *(rule.name for rule in RULES), *KINDS):
        assert f"`{name}`" in DOCS["data.md"], name


def test_every_metric_is_in_the_docs() -> None:
    for path in (ROOT / "src" / "chatloop" / "metrics").glob("[a-z]*.py"):
        assert path.stem.replace("_", " ") in DOCS["evaluation.md"], path.stem


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
