"""The loop on one screen of 80 columns, from what `state` gathered.

champion   version 3, PROMOTE, 2 days old
last runs  02:00  promoted  version 3: beats version 2 by 0.0210 bits per byte
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from chatloop.io.operating.journal import RUNNING
from chatloop.terminal.models.versions import age

GIGABYTE = 1_000_000_000
LITTLE = 0.1  # of the disk: less is red
STYLES = {"promoted": "green", "held": "yellow", "rejected": "red", "failed": "red",
          "died": "red", RUNNING: "cyan"}  # fmt: skip


def status_screen(state: Mapping[str, Any]) -> RenderableType:
    """A panel; what is not there yet names the command that makes it."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, said in _rows(state).items():
        table.add_row(name, said)
    return Panel(table, title=str(state["model"]), padding=(0, 1))


def _rows(state: Mapping[str, Any]) -> dict[str, Text]:
    now = state["now"]
    return {
        "Champion": _held(state, "champion", "none yet: `chatloop run` trains and judges one"),
        "Candidate": _held(state, "candidate", "none yet"),
        "Running": _running(state),
        "Last runs": _runs(state["runs"], now),
        "Next run": _next(state, now),
        "Queue": _queue(state),
        **_monitor(state["monitor"], now),
        "Disk": _disk(state["disk"]),
    }


def _held(state: Mapping[str, Any], alias: str, none: str) -> Text:
    held = state[alias]
    if held is None:
        return Text(state.get("registry") or none, style="dim")
    said = f"version {held['version']}, {held['verdict']}, {_ago(state['now'] - held['made'])}"
    before = state["previous"] if alias == "champion" else None
    return Text(said + (f"; before it: version {before['version']}" if before else ""))


def _running(state: Mapping[str, Any]) -> Text:
    if state["running"] is None:
        return Text("nothing", style="dim")
    began = next((run["started"] for run in state["runs"] if run["outcome"] == RUNNING), None)
    since = "" if began is None else f", began {_ago(state['now'] - began)}"
    return Text(f"process {state['running']['pid']}{since}", style=STYLES[RUNNING])


def _runs(runs: list[Mapping[str, Any]], now: float) -> Text:
    """A line a run, the last one first."""
    done = [run for run in runs if run["outcome"] != RUNNING]
    if not done:
        return Text("none on this machine yet: `chatloop run`", style="dim")
    said = Text()
    for run in done:
        said.append("\n" if said else "")
        said.append(f"{_when(run['started'], now)}  ")
        said.append(run["outcome"].replace("_", " "), style=STYLES.get(run["outcome"], "default"))
        version = "" if run["version"] is None else f"version {run['version']}"
        rest = ": ".join(filter(None, [version, run["said"]]))
        said.append(f"  {rest}" if rest else "")
    return said


def _next(state: Mapping[str, Any], now: float) -> Text:
    schedule, queue = state["schedule"], state["queue"] or {}
    due = (schedule or {}).get("next") or queue.get("next_due")
    clock = _clock(schedule) if schedule else ""
    if due is not None:
        return Text(f"{_when(due, now)}{f' ({clock})' if clock else ''}")
    if schedule:
        return Text(clock)
    return Text('no schedule: `chatloop schedule --cron "0 3 * * *"`', style="dim")


def _clock(schedule: Mapping[str, Any]) -> str:
    said = [f"cron {schedule['cron']}"] if schedule.get("cron") else []
    if schedule.get("interval_seconds"):
        said.append(f"every {schedule['interval_seconds']:,} s")
    if schedule.get("check_seconds"):
        said.append(f"by need, looked at every {schedule['check_seconds']:,} s")
    return "; ".join(said)


def _queue(state: Mapping[str, Any]) -> Text:
    queue = state["queue"]
    if queue is None:
        return Text("no Prefect server here (PREFECT_API_URL names one)", style="dim")
    said = f"{queue['running']} running, {queue['waiting']} waiting, {queue['late']} late"
    return Text(said, style="red" if queue["late"] else "default")


def _monitor(found: Mapping[str, Any] | None, now: float) -> dict[str, Text]:
    """A row a signal, and what came of the last look at them."""
    if found is None:
        return {"Monitor": Text("never looked: `chatloop monitor`", style="dim")}
    rows = {}
    for signal in found["signals"]:
        style = "yellow" if signal["fired"] else "default"
        rows[signal["name"].capitalize()] = Text(signal["reason"], style=style)
    looked = f"{found['said']}; looked {_ago(now - found['at'])}"
    return {**rows, "Monitor": Text(looked)}


def _disk(disk: Mapping[str, Any]) -> Text:
    free = disk["free"] / max(1, disk["total"])
    said = Text(f"{_size(disk['free'])} free ({free:.0%})", style="red" if free < LITTLE else "")
    for name, part in disk["parts"].items():
        said.append(f"; {name} {'' if part['whole'] else 'over '}{_size(part['bytes'])}", "default")
    return said


def _size(count: float) -> str:
    return f"{count / GIGABYTE:.1f} GB" if count >= GIGABYTE / 10 else f"{count / 1e6:.1f} MB"


def _ago(seconds: float) -> str:
    said = age(max(0.0, seconds))
    return said if said == "just now" else f"{said} ago"


def _when(moment: float, now: float) -> str:
    """`03:00` of today, `Mon 03:00` within a week, else the date; this machine's time."""
    there, here = datetime.fromtimestamp(moment), datetime.fromtimestamp(now)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    week = 7 * 86_400
    return f"{there:%a %H:%M}" if abs(moment - now) < week else f"{there:%Y-%m-%d %H:%M}"
