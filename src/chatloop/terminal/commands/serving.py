"""Commands of the server: serve, keys.

$ chatloop keys add website
cl-5e1c09aa-vP2n…      shown once; only a hash of it is kept
"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatloop.errors import UserError

if TYPE_CHECKING:
    from chatloop.params import Params


class Action(StrEnum):
    """What is done with keys."""

    add = "add"
    list = "list"
    revoke = "revoke"


def serve(
    host: Annotated[str | None, typer.Option(help="Left out: serve.host of params.yaml.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 is any free one.")] = None,
    model: Annotated[
        str | None, typer.Option(help="A version, as in chatloop@3, or a folder.")
    ] = None,
) -> None:
    """Serve the champion: OpenAI's API, a chat page, chat frameworks; until Ctrl-C."""
    params = _params()
    from chatloop.serve import starting

    asked = {"host": host, "port": port, "model": model}
    changes = {name: value for name, value in asked.items() if value is not None}
    served = params.serve.model_copy(update=changes)
    starting.serve(params.model_copy(update={"serve": served}))


def keys(
    action: Annotated[Action, typer.Argument(help="What to do.")],
    name: Annotated[str | None, typer.Argument(help="Whose key; revoke takes an id, too.")] = None,
) -> None:
    """API keys: add NAME, list, revoke NAME; a running server knows at the next request."""
    params = _params()
    import time

    from chatloop.serve.guard.keys import FILE, Keys

    held = Keys(Path(params.serve.store.folder) / FILE)
    if action is Action.list:
        for key in held.all():
            made = time.strftime("%Y-%m-%d", time.gmtime(key.made))
            typer.echo(f"{key.id}  {made}  {key.name}")
        return
    if not name:
        raise UserError(f"keys: {action} whose key? chatloop keys {action} NAME")
    if action is Action.add:
        typer.echo(held.add(name, int(time.time())))
        typer.echo("shown once; only a hash of it is kept", err=True)
        return
    for key in held.revoke(name):
        typer.echo(f"{key.id}  {key.name}  is revoked")


def _params() -> "Params":
    """The project's params; its folder becomes the working one."""
    from chatloop import project
    from chatloop.params.file import read_params

    project.enter()
    return read_params(project.PARAMS)


COMMANDS = (serve, keys)
