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
from chatloop.training.objectives import judged, log_probabilities
from chatloop.training.preference.grouping import Groups
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
    settings = training(params)
    with computing(model, settings, 0):
        found = [
            log_probabilities(model, packed, params.batch_rows) if len(packed) else NONE
            for packed in (learn.packed, held.packed, validation)
        ]
    return Before(found[0], found[1], bits_per_byte(-float(found[2].sum()), size))


def align_model(
    model: Any,
    learn: Groups,
    validation: Packed,
    size: int,
    before: Before,
    params: AlignParams,
    keeper: Keeper = NO_KEEPER,
) -> Iterator[Point]:
    """Train `model` in place on pairs (DPO) and thumbs (KTO), together, in one loop.

    It ends with the last weights whose bits per byte on the validation split are within the bound;
    these are the first ones where none are.

    Raises:
        UserError: the loss is no number any more.
    """
    weights = (params.liked_weight, params.disliked_weight)
    objective = judged(before.learn, learn.pairs, learn.liked, params.beta, weights)
    yield from train_model(
        model, learn.packed, validation, size, training(params), keeper, objective,
        most_bits=before.most(params),
    )  # fmt: skip


def outcome(
    points: list[Point], before: Before, after: Before, learn: Groups, held: Groups,
    params: AlignParams,
) -> dict[str, object]:  # fmt: skip
    """Figures of the report: where it ended, how far it moved, what it makes of judged answers."""
    kept = last_within(points, before.most(params))
    groups = {"learned": (learn, after.learn - before.learn)}
    if len(held):
        groups["held_out"] = (held, after.held - before.held)
    return {
        "steps": points[-1].steps,
        "steps_done": points[-1].step,
        "kept_step": kept.step if kept else 0,
        "final_loss": points[-1].loss,
        "validation_bits_per_byte": after.bits,
        "validation_bits_per_byte_before": before.bits,
        "validation_bits_per_byte_rise": after.bits - before.bits,
        "rewards": {
            name: rewards(ratios, some.pairs, some.liked, params.beta)
            for name, (some, ratios) in groups.items()
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
