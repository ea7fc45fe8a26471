"""A conversation in the terminal: the champion answers as the tokens come.

you › where is my order 48213?
bot › Order 48213 left our warehouse this morning …
"""

import sys
from collections.abc import Iterator

from rich.console import Console

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.io.models import hub
from chatloop.io.registry.holding import local_model
from chatloop.modeling.answering import Chatter, Sampling, stream
from chatloop.tokens.rendering import Renderer


def talk(name: str, sampling: Sampling, system: str | None) -> None:
    """Ask, answer, and keep the conversation until the input ends."""
    console = Console()
    chatter = _champion(name)
    console.print(f"[dim]{name}@champion. /reset begins anew, /quit or Ctrl-D ends.[/dim]")
    begin = [Message("system", system)] if system else []
    messages = list(begin)
    for line in _lines(console):
        if line == "/quit":
            return
        if line == "/reset":
            messages = list(begin)
            continue
        messages.append(Message("user", line))
        messages.append(Message("assistant", _answer(console, chatter, messages, sampling)))


def _champion(name: str) -> Chatter:
    folder = local_model(name, "champion")
    tokenizer, model = hub.load_tokenizer(folder), hub.load_model(folder)
    return Chatter(model, tokenizer, Renderer(tokenizer))


def _lines(console: Console) -> Iterator[str]:
    """What the user types, without empty lines, until Ctrl-D; piped input works as well."""
    while True:
        try:
            line = console.input("[bold]you ›[/bold] ").strip()
        except EOFError:
            console.print()
            return
        if line:
            if not sys.stdin.isatty():
                console.print(line, markup=False, highlight=False)
            yield line


def _answer(console: Console, chatter: Chatter, messages: list[Message], sampling: Sampling) -> str:
    """Print the answer piece by piece and return it; one that cannot be given is said."""
    console.print("[bold green]bot ›[/bold green] ", end="")
    pieces = []
    try:
        for piece in stream(chatter, messages, sampling):
            pieces.append(piece)
            console.out(piece, end="", highlight=False)
            sys.stdout.flush()
    except UserError as error:
        console.print(f"({error})", markup=False, end="")
    console.print()
    return "".join(pieces).strip()
