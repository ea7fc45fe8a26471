"""Commands on the registry: models, compare, promote, rollback, lineage, rebuild.

$ chatloop rollback --reason "version 4 promises refunds"
chatloop version 3 is the champion; before it: chatloop version 4
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Reason = Annotated[str, typer.Option(help="Why; it is kept with the version.")]
Number = Annotated[int, typer.Argument(min=1, help="The number of a version.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document, for machines.")]


class Alias(StrEnum):
    """What names a version besides its number."""

    champion = "champion"
    previous = "previous"
    candidate = "candidate"


def models(as_json: AsJson = False) -> None:
    """List the versions: alias, verdict, scores, data, age."""
    name = _enter()
    import time
    from dataclasses import asdict

    from rich.console import Console

    from chatloop.io.registry.listing import entries
    from chatloop.terminal.models.versions import versions_table

    found = entries(name)
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in found], ensure_ascii=False))
    elif found:
        Console().print(versions_table(name, found, time.time()))
    else:
        typer.echo(f"{name} has no versions yet; `chatloop run` trains and registers one")


def compare(
    one: Number,
    other: Annotated[int | None, typer.Argument(min=1, help="Left out: the champion.")] = None,
    as_json: AsJson = False,
) -> None:
    """Two versions side by side: verdicts, scores, and what data and params differ in."""
    name = _enter()
    from rich.console import Console

    from chatloop.io.registry.listing import measured
    from chatloop.terminal.models.comparing import compared, comparison

    found = compared(measured(name, one), measured(name, other or Alias.champion.value))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, sort_keys=True))
    else:
        Console().print(comparison(found))


def promote(
    version: Number,
    reason: Reason,
    override: Annotated[
        list[str] | None,
        typer.Option(help="A check that it failed, by name; once for each of them."),
    ] = None,
) -> None:
    """Make a version the champion by hand; what speaks against it has to be named."""
    name = _enter()
    from chatloop.io.registry.moving import promote_by_hand

    typer.echo(promote_by_hand(name, version, reason, override or []))


def rollback(reason: Reason) -> None:
    """Make the champion before this one the champion again."""
    name = _enter()
    from chatloop.io.registry import moving

    typer.echo(moving.rollback(name, reason))


def lineage(
    version: Annotated[int | None, typer.Argument(min=1, help="Left out: the champion.")] = None,
    as_json: AsJson = False,
    picture: Annotated[Path | None, typer.Option(help="Draw it into this SVG file.")] = None,
) -> None:
    """Say what a version came from: data, code, params, base, and why it was promoted."""
    name = _enter()
    from rich.console import Console

    from chatloop.io.files import write_text
    from chatloop.io.registry.listing import lineage as find
    from chatloop.pages.lineage import lineage_picture
    from chatloop.terminal.models.versions import lineage_tree

    found = find(name, version or Alias.champion.value)
    if picture is not None:
        write_text(picture, lineage_picture(found))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, sort_keys=True))
    else:
        Console().print(lineage_tree(found))


def rebuild(version: Number) -> None:
    """Make a version again from its commit, and compare the weights bit for bit."""
    name = _enter()
    from tempfile import TemporaryDirectory

    from chatloop.io.registry.listing import fetch_origin
    from chatloop.io.registry.listing import lineage as find
    from flows import rebuild as again

    with TemporaryDirectory() as folder:
        found = find(name, version)
        fetch_origin(name, version, Path(folder))
        typer.echo(again.rebuild(Path.cwd(), found, Path(folder), typer.echo))


def _enter() -> str:
    """The name of the project's model; its folder becomes the working one."""
    from chatloop import project
    from chatloop.params.file import read_params

    project.enter()
    return read_params(project.PARAMS).champion.name


COMMANDS = (models, compare, promote, rollback, lineage, rebuild)
