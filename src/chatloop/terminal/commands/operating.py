"""Commands that keep the loop turning: schedule, monitor, status.

$ chatloop schedule --cron "0 25 * * *"
chatloop: error: schedule: cron '0 25 * * *': hour '25' is not 0-23; allowed are …
"""

import json
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document, for machines.")]


def schedule(
    cron: Annotated[str | None, typer.Option(help='Five fields, as in "0 3 * * *".')] = None,
    interval: Annotated[int | None, typer.Option(min=60, help="Seconds between runs.")] = None,
    by_need: Annotated[
        bool, typer.Option("--by-need", help="When `monitor` finds a need.")
    ] = False,
    check: Annotated[int, typer.Option(min=60, help="Seconds between looks, by need.")] = 900,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of our own Prefect server.")] = 4200,
) -> None:
    """Retrain by the clock or by need until Ctrl-C; uses a Prefect server where there is one."""
    from chatloop import project

    project.enter()
    from flows.schedule import Clock, serve

    serve(Clock(cron, interval, check if by_need else None), port=port)


def monitor(
    retrain: Annotated[bool, typer.Option("--retrain", help="And retrain, if it is due.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look whether a retraining is due: new feedback, changed sources, drift, falling thumbs."""
    from chatloop import project
    from chatloop.params.file import read_params

    project.enter()
    from dataclasses import asdict

    from chatloop.io.operating.monitoring import check_need

    found = check_need(read_params(project.PARAMS))
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, sort_keys=True))
    else:
        for signal in found.signals:
            typer.echo(f"{'!' if signal.fired else ' '} {signal.name}: {signal.reason}")
        typer.echo(f"{found.decision.action.replace('_', ' ')}: {found.decision.said}")
    if retrain and found.decision.action == "retrain":
        from flows import run

        run(because=list(found.decision.because))


def status(as_json: AsJson = False) -> None:
    """Show the loop on one screen: champion, runs, what is next, feedback, drift, disk."""
    from chatloop import project
    from chatloop.params.file import read_params

    project.enter()
    from chatloop.terminal.state import state

    found = state(read_params(project.PARAMS).champion.name)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, sort_keys=True))
        return
    from rich.console import Console

    from chatloop.terminal.status import status_screen

    Console().print(status_screen(found))


COMMANDS = (schedule, monitor, status)
