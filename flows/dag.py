"""DVC's own graph as stages in order, each with its Prefect policy; there is no second list.

Stage(name="clean", upstream=("ingest",), deps=("data/ingest/turns.parquet",),
      outs=("data/clean/turns.parquet", …), retries=0, retry_delay_seconds=0,
      timeout_seconds=3600)
"""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dvc.dependency import ParamsDependency
from dvc.exceptions import DvcException
from dvc.repo import Repo
from pydantic import Field, ValidationError

from chatloop.errors import UserError
from chatloop.params.data import Section

# Importing DVC sets up a console for it; the process that asks DVC has its own. What a killed run
# left in the table of locks, DVC clears away; nobody has to act on it.
logging.getLogger("dvc").handlers.clear()
logging.getLogger("dvc").setLevel(logging.WARNING)
logging.getLogger("dvc.rwlock").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Stage:
    """One line of work. Paths are relative to the repository; `name` is what DVC calls it."""

    name: str
    upstream: tuple[str, ...] = ()
    deps: tuple[str, ...] = ()
    outs: tuple[str, ...] = ()
    retries: int = 0
    retry_delay_seconds: float = 0
    timeout_seconds: float | None = None


class Policy(Section):
    """`meta.prefect` of a stage: how often it is tried again, after how long, its time limit."""

    retries: int = Field(default=0, ge=0, le=100)
    retry_delay_seconds: float = Field(default=0, ge=0)
    timeout_seconds: float | None = Field(default=None, gt=0)


def read_dag(root: Path) -> tuple[Stage, ...]:
    """Every stage with a command, after all that it waits for; ties keep the order of dvc.yaml.

    Raises:
        UserError: no DVC repository, a dvc.yaml that DVC refuses (a cycle, a path written twice,
            no YAML), or a `meta.prefect` with a wrong key, type or range.
    """
    try:
        repo = Repo(str(root))
        graph = repo.index.graph
    except DvcException as error:
        raise UserError(one_line(error)) from error
    nodes = [node for node in graph.nodes if node.cmd]
    nodes.sort(key=lambda node: str(node.path_in_repo))
    stages = [_stage(node, graph, Path(repo.root_dir)) for node in nodes]
    return in_order(stages, {stage.name: stage.upstream for stage in stages})


def readers_after_writer(stages: Sequence[Stage], read: str, written: str) -> tuple[Stage, ...]:
    """The same stages, those that read the file `read` after the one that writes `written`.

    The champion's pin is refreshed between the two, as late as the order allows.

    Raises:
        UserError: the stage that writes `written` waits for one that reads `read`.
    """
    writers = [stage.name for stage in stages if written in stage.outs]
    waits = {
        stage.name: [*stage.upstream, *(writers if read in stage.deps else [])] for stage in stages
    }
    return in_order(stages, waits)


def in_order(stages: Sequence[Stage], waits: Mapping[str, Sequence[str]]) -> tuple[Stage, ...]:
    """Topological order; of all stages that may go next, the first in the list goes.

    Raises:
        UserError: some stages wait for each other.
    """
    left = list(stages)
    ordered: list[Stage] = []
    done: set[str] = set()
    while left:
        ready = (stage for stage in left if done.issuperset(waits[stage.name]))
        stage = next(ready, None)
        if stage is None:
            names = ", ".join(stage.name for stage in left)
            raise UserError(f"dvc.yaml: {names} wait for each other; break the circle")
        left.remove(stage)
        ordered.append(stage)
        done.add(stage.name)
    return tuple(ordered)


def one_line(error: BaseException) -> str:
    """A DVC error with its cause, where it has one that says more, as one line."""
    said = [str(error)]
    if error.__cause__ is not None and str(error.__cause__) not in said:
        said.append(str(error.__cause__))
    return ": ".join(" ".join(text.split()) for text in said)


def _stage(node: Any, graph: Any, root: Path) -> Stage:
    files = [dep for dep in node.deps if not isinstance(dep, ParamsDependency)]
    return Stage(
        name=name_of(node),
        upstream=tuple(sorted(name_of(next_) for next_ in graph.successors(node) if next_.cmd)),
        deps=tuple(_path(dep, root) for dep in files),
        outs=tuple(_path(out, root) for out in node.outs),
        **_policy(node).model_dump(),
    )


def name_of(node: Any) -> str:
    """DVC's address of a stage, seen from the repository's root."""
    file = Path(node.path_in_repo).as_posix()
    return str(node.name) if file == "dvc.yaml" else f"{file}:{node.name}"


def _path(entry: Any, root: Path) -> str:
    """As dvc.yaml at the root would write it; a URL stays a URL."""
    if entry.protocol != "local":
        return str(entry.def_path)
    return Path(os.path.relpath(entry.fs_path, root)).as_posix()


def _policy(node: Any) -> Policy:
    meta = node.meta if isinstance(node.meta, dict) else {}
    try:
        return Policy.model_validate(meta.get("prefect") or {})
    except ValidationError as error:
        said = [": ".join([*map(str, wrong["loc"]), wrong["msg"]]) for wrong in error.errors()]
        raise UserError(
            f"dvc.yaml: stages.{name_of(node)}.meta.prefect: {'; '.join(said)};"
            f" allowed are {', '.join(Policy.model_fields)}"
        ) from error
