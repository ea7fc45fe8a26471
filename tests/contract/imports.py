"""First-party imports of a module, followed to their ends, read from the source alone."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"


def file_of(module: str) -> Path | None:
    """The file of a first-party module, None for any other."""
    path = SOURCE.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module named in a file, also inside its functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(name for node in ast.walk(tree) for name in _named(node))


def first_party(path: Path) -> set[Path]:
    """Files that a file needs, itself and the packages around each among them."""
    found: set[Path] = set()
    todo = [path]
    while todo:
        current = todo.pop()
        if current in found:
            continue
        found.add(current)
        todo += [file for name in imports(current) if (file := file_of(name))]
        inside = [folder for folder in current.parents if folder.is_relative_to(SOURCE)]
        todo += [file for folder in inside if (file := folder / "__init__.py").is_file()]
    return found


def third_party(path: Path) -> set[str]:
    """Top-level names of everything else that a file imports."""
    return {name.split(".")[0] for name in imports(path) if not name.startswith("chatloop")}
