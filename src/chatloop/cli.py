"""The command line: parse, call, print. Exit codes are in the README."""

import json
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from chatloop import __version__
from chatloop.errors import UserError, unusable
from chatloop.terminal.commands import feedback, operating, registry, serving

app = typer.Typer(
    name="chatloop",
    help="Turns a team's conversations into a chat model that keeps getting better.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

for command in (*registry.COMMANDS, *serving.COMMANDS, *operating.COMMANDS):
    app.command()(command)

app.add_typer(feedback.app, name="feedback")

# Typer's exit code for Ctrl-C, and what a shell says of SIGTERM.
INTERRUPTED, TERMINATED = 130, 128 + signal.SIGTERM
REPORTS = (
    "ingest", "clean", "validate", "split", "ledger", "train", "align", "evaluate", "behaviours",
    "verdict",
)  # fmt: skip


def main() -> None:
    """Entry point: a user's mistake is one line and its exit code, never a traceback."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        app()
    except UserError as error:
        sys.stderr.write(f"chatloop: error: {error}\n")
        sys.exit(error.exit_code)
    except OSError as error:
        if (said := unusable(error)) is None:
            raise
        sys.stderr.write(f"chatloop: error: {said}\n")
        sys.exit(said.exit_code)
    except SystemExit as ended:
        if ended.code in (INTERRUPTED, TERMINATED):
            sys.stderr.write("chatloop: interrupted; the next run goes on where this one stopped\n")
        raise


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"chatloop {__version__}")
        raise typer.Exit


@app.callback()
def chatloop(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Turns a team's conversations into a chat model that keeps getting better."""


@app.command()
def run(
    set_param: Annotated[
        list[str] | None,
        typer.Option("-S", "--set-param", help="Change params.yaml first: train.epochs=2"),
    ] = None,
) -> None:
    """Run the pipeline: what changed is run again, then judged, registered and promoted."""
    from chatloop import project

    project.enter()

    from rich.console import Console

    from chatloop.io.files import read_json
    from chatloop.terminal.summary import summary
    from flows import run as run_flow

    result = run_flow(set_param or [])
    reports = {name: read_json(Path("reports") / f"{name}.json") for name in REPORTS}
    Console().print(summary(reports, result))


@app.command()
def chat(
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="0 is greedy.")] = 0.0,
    top_p: Annotated[float, typer.Option(min=0.01, max=1.0)] = 1.0,
    top_k: Annotated[int, typer.Option(min=0, help="0 leaves all tokens in.")] = 0,
    max_tokens: Annotated[int, typer.Option(min=1)] = 256,
    seed: Annotated[int | None, typer.Option(min=0, help="Same seed, same answers.")] = None,
    system: Annotated[str | None, typer.Option(help="A system message to begin with.")] = None,
) -> None:
    """Talk to the champion. /reset begins anew, /quit or Ctrl-D ends."""
    from chatloop import project

    project.enter()

    from chatloop.modeling.answering import Sampling
    from chatloop.params.file import read_params
    from chatloop.terminal.chat import talk

    name = read_params(project.PARAMS).champion.name
    talk(name, Sampling(temperature, top_p, top_k, max_tokens, seed), system)


@app.command()
def behave(
    candidate: Annotated[bool, typer.Option("--candidate", help="Ask models/candidate.")] = False,
    version: Annotated[int | None, typer.Option(min=1, help="Ask this version.")] = None,
    cases: Annotated[Path, typer.Option(help="A file or a folder of cases.")] = Path("evals"),
    answers: Annotated[bool, typer.Option("--answers", help="Show the answers, redacted.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Ask the champion the behaviour cases; exit code 1 when one that has to pass fails."""
    from chatloop import project

    cases = cases.absolute() if cases.exists() else cases
    project.enter()
    if candidate and version is not None:
        raise UserError("behave: give either --candidate or --version N")
    from chatloop.params.file import read_params
    from chatloop.terminal.behaviours import ask_cases, behaviours_table, model_folder

    params = read_params(project.PARAMS)
    folder = model_folder(params.champion.name, "candidate" if candidate else version)
    found = ask_cases(params.evaluate, folder, cases)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, sort_keys=True))
    else:
        from rich.console import Console

        Console().print(behaviours_table(f"{params.champion.name}: behaviour", found, answers))
    if found["candidate"]["must_failed"]:
        raise typer.Exit(1)


@app.command()
def find_lr(
    lowest: Annotated[float, typer.Option(help="The first rate.")] = 1.0e-6,
    highest: Annotated[float, typer.Option(help="The last rate.")] = 1.0,
    steps: Annotated[int, typer.Option(min=2, help="One step a rate.")] = 120,
) -> None:
    """Try rising learning rates on the tokens and base of this project; changes nothing."""
    from chatloop import project

    project.enter()

    from rich.console import Console

    from chatloop.params.file import read_params
    from chatloop.terminal.rates import find_rate

    params = read_params(project.PARAMS).train
    table, advice = find_rate(params, lowest, highest, steps)
    Console().print(table)
    typer.echo(advice)


@app.command()
def pin() -> None:
    """Note what sources and base hold right now, so that `dvc repro` sees which files changed."""
    from chatloop import project
    from chatloop.io.models.base_pin import pin_base
    from chatloop.io.sources import pin_sources
    from chatloop.params.file import read_params

    project.enter()
    params = read_params(project.PARAMS)
    typer.echo(pin_sources(params.ingest, Path("pins/sources.json")))
    typer.echo(pin_base(params.base, Path("pins/base.json")))


@app.command()
def ui(
    mlflow_port: Annotated[int, typer.Option(min=1, max=65535)] = 5000,
    prefect_port: Annotated[int, typer.Option(min=1, max=65535)] = 4200,
) -> None:
    """Show MLflow and Prefect in the browser, on loopback, until Ctrl-C."""
    from chatloop import project

    project.enter()
    from flows.processes.interfaces import show

    show(mlflow_port, prefect_port)
