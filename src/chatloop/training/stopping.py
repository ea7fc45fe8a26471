"""Early stopping: when the validation has had no better figure for too long, and what is kept then.

train.patience: 2      0.91  0.84  0.83  0.85  0.84  →  ends; the weights of the third are kept

All of it follows from the curve and from weights that are kept aside, so that a training that was
interrupted stops at the same step with the same bits (Prechelt 1998, Early Stopping: But When?).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from chatloop.modeling.adapting.freezing import learning
from chatloop.training.progress import Point
from chatloop.training.sharding import sharded_like, whole_tensor

BEST = "best."


def best_point(points: Sequence[Point]) -> Point | None:
    """The point of the lowest validation, the first of equals; None where there was none."""
    judged = [point for point in points if point.validation_bits_per_byte is not None]
    return min(judged, key=lambda point: point.validation_bits_per_byte or 0.0, default=None)


def is_over(points: Sequence[Point], patience: int) -> bool:
    """Whether the last `patience` evaluations were no better than the best before them."""
    best = best_point(points)
    judged = [point for point in points if point.validation_bits_per_byte is not None]
    return best is not None and len(judged) - 1 - judged.index(best) >= patience


def last_within(points: Sequence[Point], most: float) -> Point | None:
    """The point whose weights `Within` keeps; None where they are those of the beginning."""
    found = None
    for point in points:
        if point.validation_bits_per_byte is None:
            continue
        if not point.validation_bits_per_byte <= most:
            break
        found = point
    return found


class Stopping:
    """The best weights so far, where `patience` is a number; nothing at all where it is None."""

    def __init__(self, model: Any, patience: int | None) -> None:
        self._model, self._patience = model, patience
        self._best: dict[str, Tensor] = {}

    def look(self, points: Sequence[Point]) -> bool:
        """Keep the weights aside if the last point is the best; true when it is time to stop."""
        if self._patience is None or points[-1].validation_bits_per_byte is None:
            return False
        if best_point(points) is points[-1]:
            self._keep()
        return is_over(points, self._patience)

    def tensors(self) -> Mapping[str, Tensor]:
        """What a checkpoint holds of it."""
        return self._best

    def resume(self, tensors: Mapping[str, Tensor]) -> None:
        """From a checkpoint."""
        self._best = {key: value for key, value in tensors.items() if key.startswith(BEST)}

    @torch.no_grad()
    def take_best(self) -> None:
        """The best weights become the model's."""
        for name, value in self._model.named_parameters():
            if f"{BEST}{name}" in self._best:
                value.copy_(sharded_like(value, self._best[f"{BEST}{name}"]))

    def _keep(self) -> None:
        self._best = {
            f"{BEST}{name}": whole_tensor(value.detach()).cpu().clone()
            for name, value in learning(self._model)
        }


class Within(Stopping):
    """Over where the validation is above a bound; the last weights within it are the best."""

    def __init__(self, model: Any, most: float) -> None:
        super().__init__(model, None)
        self._most = most
        self._keep()  # those that training begins with, where no evaluation is within

    def look(self, points: Sequence[Point]) -> bool:
        """Keep the weights aside if the last point is within; true when it is not."""
        bits = points[-1].validation_bits_per_byte
        if bits is None:
            return False
        if not bits <= self._most:
            return True
        self._keep()
        return False
