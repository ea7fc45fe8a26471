"""The reports as pictures, for MLflow's pages.

reports/curve.csv    →  learning_curve     loss and held-out bits per byte over steps
reports/slices.csv   →  bits_per_byte      bars of each model for each topic, source, …
reports/lengths.csv  →  turn_lengths       turns by words
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from chatloop.io.mlflow_store.evidence import Cell, columns

Columns = Mapping[str, list[Cell]]
FEW = 60  # points; more of them need no marks on the line


def of_reports(reports: Path) -> Iterator[tuple[str, Any]]:
    """(name, matplotlib figure) of every report that is there and has what is drawn."""
    drawn: tuple[tuple[str, str, set[str], Callable[[Columns], Any]], ...] = (
        ("curve.csv", "learning_curve", {"step", "loss"}, learning_curve),
        ("slices.csv", "bits_per_byte", {"slice", "bits_per_byte"}, bits_per_byte),
        ("lengths.csv", "turn_lengths", {"words", "turns"}, turn_lengths),
    )
    for file, name, needed, draw in drawn:
        table = columns(reports / file)
        if needed <= set(table) and table[min(needed)]:
            yield name, draw(table)


def learning_curve(table: Columns) -> Any:
    """Loss (nats a token) above, held-out bits per byte below, both over optimizer steps."""
    held_out = [name for name in table if name.endswith("bits_per_byte")]
    panels = [("loss, nats a token", ["loss"])] + [("bits per byte", held_out)] * bool(held_out)
    figure, axes = _empty(len(panels), height=3.2 * len(panels))
    for axis, (label, names) in zip(axes, panels, strict=True):
        for name in names:
            pairs = [
                (s, v) for s, v in zip(table["step"], table[name], strict=True) if v is not None
            ]
            marker = "." if len(pairs) < FEW else None
            axis.plot([s for s, _ in pairs], [v for _, v in pairs], label=name, marker=marker)
        axis.set_ylabel(label)
        axis.legend()
    axes[-1].set_xlabel("optimizer step")
    return figure


def bits_per_byte(table: Columns) -> Any:
    """Held-out bits per byte by slice: the candidate's with its interval, the others beside it."""
    rivals = [name for name in ("champion", "base") if any(table.get(name, []))]
    bars = {"candidate": table["bits_per_byte"], **{name: table[name] for name in rivals}}
    slices = [str(name) for name in table["slice"]]
    figure, (axis,) = _empty(1, height=1 + 0.2 * len(slices) * (1 + len(bars)))
    thick = 0.8 / len(bars)
    for i, (label, cells) in enumerate(bars.items()):
        places = [row + i * thick for row in range(len(slices))]
        error = _interval(table) if label == "candidate" else None
        axis.barh(places, [cell or 0.0 for cell in cells], thick, label=label, xerr=error)
    axis.set_yticks([row + 0.4 - thick / 2 for row in range(len(slices))], slices)
    axis.invert_yaxis()
    axis.set_xlabel("held-out bits per byte (less is better)")
    axis.legend()
    return figure


def _interval(table: Columns) -> list[list[float]] | None:
    """What matplotlib draws around a bar: how far the bounds are below and above."""
    names = ("low", "bits_per_byte", "high")
    if not set(names) <= set(table):
        return None
    rows = [tuple(float(cell or 0.0) for cell in cells)
            for cells in zip(*(table[name] for name in names), strict=True)]  # fmt: skip
    below = [max(0.0, mean - low) for low, mean, _ in rows]
    return [below, [max(0.0, high - mean) for _, mean, high in rows]]


def turn_lengths(table: Columns) -> Any:
    """Turns by their number of words."""
    figure, (axis,) = _empty(1, height=3.2)
    axis.bar(table["words"], [cell or 0.0 for cell in table["turns"]])
    axis.tick_params(axis="x", rotation=60)
    axis.set_xlabel("words in a turn")
    axis.set_ylabel("turns")
    return figure


def _empty(panels: int, height: float) -> tuple[Any, list[Any]]:
    """A figure that needs no screen, with panels below each other."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, height), layout="constrained")
    return figure, list(figure.subplots(panels, sharex=True, squeeze=False)[:, 0])
