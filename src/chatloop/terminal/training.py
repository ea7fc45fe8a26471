"""A training for a person who watches it: a bar with the time that is left, or lines in a log.

train: step 500/561: loss 0.301, 6,402 tokens/s (2,810 supervised), validation 0.2102 bpb
"""

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from chatloop.training.figures.measuring import Gauge
from chatloop.training.progress import Point
from chatloop.training.stopping import best_point

Tell = Callable[[str], None]


def shown(points: Iterable[Point], tell: Tell, watched: bool) -> Iterable[Point]:
    """The same points; `watched`: whether we are the one who draws the bar at a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("train"),
        BarColumn(),
        TextColumn("step {task.completed:.0f}/{task.total:.0f} {task.description}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not (watched and console.is_terminal)) as bar:
        task = bar.add_task("", total=None)
        for point in points:
            speeds = f"{point.speed:,.0f} tokens/s ({point.supervised_speed:,.0f} supervised)"
            said = f"loss {point.loss:.3f}, {speeds}"
            bar.update(task, completed=point.step, total=point.steps, description=said)
            if point.validation_bits_per_byte is not None:
                bits = point.validation_bits_per_byte
                tell(f"step {point.step}/{point.steps}: {said}, validation {bits:.4f} bpb")
            yield point


def tell_the_end(points: Sequence[Point], patience: int | None, gauge: Gauge, tell: Tell) -> None:
    """Why it ended, what is kept, and how well the machine was used."""
    last, best = points[-1], best_point(points)
    if patience is not None and best is not None:
        ended = f"stopped after step {last.step} of {last.steps}: {patience} evaluations were no "
        why = f"{ended}better; " if last.step < last.steps else ""
        bits = best.validation_bits_per_byte
        tell(f"{why}kept are the weights of step {best.step}, validation {bits:.4f} bpb")
    gauge.look_again()
    memory = gauge.values(last)["peak_memory_gib"]
    tell(f"{_used(gauge, last)}, {memory:.2f} GiB at most")


def _used(gauge: Gauge, last: Point) -> str:
    """The share of the limit; the rate alone where other work kept the limit from being seen."""
    share = gauge.share(last)
    if share is None:
        rate = gauge.model_flops(last) / 1e9
        return f"{rate:,.0f} GFLOP/s (the machine is too busy to measure its limit)"
    return f"{share:.0%} of {gauge.peak.flops / 1e9:,.0f} GFLOP/s ({gauge.peak.source})"
