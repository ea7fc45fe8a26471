"""A model that learns from judged answers, held to the one that it was.

aligned = align_model(model, learn, held, validation, 81_204, params, keeper)
for point in aligned: …
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatloop.metrics.bits_per_byte import bits_per_byte
from chatloop.modeling.compute.computing import computing
from chatloop.params import TrainParams
from chatloop.params.align import AlignParams
from chatloop.preferences.rewards import rewards
from chatloop.tokens.packing import Packed
from chatloop.training.loop import NO_KEEPER, train_model
from chatloop.training.objectives import log_probabilities
from chatloop.training.preference.grouping import Groups
from chatloop.training.preference.objective import Judged, preferences, with_replay
from chatloop.training.progress import Keeper, Point
from chatloop.training.stopping import last_within

NONE = np.zeros(0, dtype=np.float64)


@dataclass(frozen=True)
class Before:
    """What a model says before it learns: log-probabilities in nats of the examples that it learns
    from and of those held out (examples,), and its bits per byte on the validation split."""

    learn: NDArray[np.float64]
    held: NDArray[np.float64]
    bits: float

    def most(self, params: AlignParams) -> float:
        """The bits per byte at which it ends."""
        return self.bits + params.max_bpb_rise


def measured(
    model: Any, learn: Groups, held: Groups, validation: Packed, size: int, params: AlignParams
) -> Before:
    """The reference, once: the model as it is now. `size` is in bytes of validation answers."""
    found = [_told(model, packed, params) for packed in (learn.packed, held.packed, validation)]
    return Before(found[0], found[1], bits_per_byte(-float(found[2].sum()), size))


def _told(model: Any, packed: Packed, params: AlignParams) -> NDArray[np.float64]:
    """Log-probabilities in nats, computed as in training: (examples,)."""
    if not len(packed):
        return NONE
    with computing(model, training(params), 0):
        return log_probabilities(model, packed, params.batch_rows)


def align_model(
    model: Any,
    learn: Groups,
    train: Packed,
    validation: Packed,
    size: int,
    before: Before,
    params: AlignParams,
    keeper: Keeper = NO_KEEPER,
) -> Iterator[Point]:
    """Train `model` in place on pairs (DPO) and thumbs (KTO), together, in one loop, with some of
    the rows of the training split beside them.

    It ends with the last weights whose bits per byte on the validation split are within the bound;
    these are the first ones where none are.

    Raises:
        UserError: the loss is no number any more.
    """
    rows = with_replay(learn.packed, train, params.replay_share, params.seed)
    objective = preferences(Judged(before.learn, learn.pairs, learn.liked), params)
    yield from train_model(
        model, rows, validation, size, training(params), keeper, objective,
        most_bits=before.most(params),
    )  # fmt: skip


def outcome(
    points: list[Point], before: Before, model: Any, learn: Groups, held: Groups,
    params: AlignParams,
) -> dict[str, object]:  # fmt: skip
    """Figures of the report: where it ended, how far it moved, what it makes of judged answers."""
    kept = last_within(points, before.most(params))
    bits = before.bits if kept is None else kept.validation_bits_per_byte or 0.0
    groups = {"learned": (learn, before.learn), "held_out": (held, before.held)}
    ratios = {
        name: _told(model, some.packed, params) - told
        for name, (some, told) in groups.items()
        if len(some)
    }
    return {
        "steps": points[-1].steps,
        "steps_done": points[-1].step,
        "kept_step": kept.step if kept else 0,
        "final_loss": points[-1].loss,
        "validation_bits_per_byte": bits,
        "validation_bits_per_byte_before": before.bits,
        "validation_bits_per_byte_rise": bits - before.bits,
        "rewards": {
            name: rewards(moved, groups[name][0].pairs, groups[name][0].liked, params.beta)
            for name, moved in ratios.items()
        },
    }


def training(params: AlignParams) -> TrainParams:
    """The loop's settings: AdamW without decay, one device, a linear descent."""
    mine = {
        "epochs", "batch_rows", "rows_at_once", "learning_rate", "warmup_share", "clip_norm",
        "evaluate_every", "checkpoint_every", "device", "precision", "recompute", "threads", "seed",
    }  # fmt: skip
    return TrainParams(
        **params.model_dump(include=mine), adapter=params.adapter,
        optimizer="adamw", schedule="linear", weight_decay=0.0,
    )  # fmt: skip
