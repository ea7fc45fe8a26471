"""A package imported without some of its parts."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from chatloop.io.validation.expectations import KINDS
from chatloop.io.validation.importing import without
from chatloop.params.file import read_params
from chatloop.validation.expectations import suites

PARTS = {
    "__init__.py": "from large_package.parts import Much, Little",
    "parts/__init__.py": "from .much import Much\nfrom .little import Little",
    "parts/much.py": "class Much: pass",
    "parts/little.py": "class Little: pass",
    "needy.py": "try:\n    import json.tool as tool\nexcept ImportError:\n    tool = None",
}


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, source in PARTS.items():
        place = tmp_path / "large_package" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "json.tool", raising=False)
    yield
    for name in [name for name in sys.modules if name.startswith("large_package")]:
        del sys.modules[name]


def test_a_part_that_is_left_out_is_a_class_that_nothing_is_an_instance_of() -> None:
    with without(r"large_package\.parts\.(?!little$)\w+"):
        package = import_module("large_package")
    assert package.Little.__module__ == "large_package.parts.little"
    assert not isinstance(package.Little(), package.Much)


def test_afterwards_the_real_part_can_be_had() -> None:
    with without(r"large_package\.parts\.much"):
        import_module("large_package")
    assert import_module("large_package.parts.much").Much().__class__.__name__ == "Much"


def test_what_is_absent_is_as_if_not_installed() -> None:
    with without("nothing", absent=("json.tool",)):
        assert import_module("large_package.needy").tool is None


def test_an_error_inside_leaves_no_trace() -> None:
    before = list(sys.meta_path)
    with pytest.raises(RuntimeError), without("nothing"):
        raise RuntimeError
    assert sys.meta_path == before


def test_every_expectation_of_a_suite_is_imported() -> None:
    params = read_params(Path(__file__).parents[4] / "params.yaml")
    kinds = {one.kind for suite in suites(params.validate_) for one in suite.expectations}
    assert kinds <= {*KINDS}
