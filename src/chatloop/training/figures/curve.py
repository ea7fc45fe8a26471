"""What is left of a training on paper: the curve as a table, and the report's figures.

step,loss,validation_bits_per_byte,learning_rate,gradient_norm,supervised_tokens,kept
10,6.81,,8.0e-4,1.92,6201,
"""

import csv
import io
from collections.abc import Sequence

from chatloop.training.progress import Point
from chatloop.training.stopping import best_point

CURVE = (
    "step", "loss", "validation_bits_per_byte", "learning_rate", "gradient_norm",
    "supervised_tokens", "kept",
)  # fmt: skip


def kept_point(points: Sequence[Point], patience: int | None) -> Point:
    """The point whose weights the candidate has: the last, or with `patience` the best."""
    best = best_point(points)
    return points[-1] if patience is None or best is None else best


def curve_csv(points: Sequence[Point], kept: Point) -> str:
    """The curve as DVC plots it; a cell is empty where nothing was measured."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CURVE)
    for point in points:
        row = (getattr(point, column) for column in CURVE[:-1])
        marked = (*row, 1 if point is kept else None)
        writer.writerow("" if value is None else value for value in marked)
    return buffer.getvalue()


def figures(points: Sequence[Point], patience: int | None) -> dict[str, object]:
    """Steps, tokens, loss and validation, of the end and of what is kept."""
    last, best, kept = points[-1], best_point(points), kept_point(points, patience)
    assert best is not None, "the last point has an evaluation"
    return {
        "steps": last.steps,
        "steps_done": last.step,
        "kept_step": kept.step,
        "supervised_tokens": last.supervised_tokens,
        "final_loss": last.loss,
        "validation_bits_per_byte": kept.validation_bits_per_byte,
        "best_validation_bits_per_byte": best.validation_bits_per_byte,
    }
