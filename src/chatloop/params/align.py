"""The section of preference tuning.

params.align.beta  →  0.1
"""

from typing import Literal

from pydantic import Field

from chatloop.params.data import Adapter, NearDuplicates, Positive, Section, Seed, Share


class AlignParams(Section):
    """What judged answers teach, and how far the model may move for them.

    `beta` holds it to the one that it begins with; `replay_share` is that of training rows beside
    those of judged answers, 1 as many; `max_bpb_rise` is in bits per byte of the
    validation split, `learning_rate` the peak, after a linear warm-up and before a linear decay.
    """

    min_rows: Positive
    held_out_share: float = Field(ge=0.0, lt=0.5)
    near_duplicates: NearDuplicates
    beta: float = Field(gt=0.0, le=10.0)
    liked_weight: float = Field(gt=0.0, le=100.0)
    disliked_weight: float = Field(gt=0.0, le=100.0)
    replay_share: float = Field(ge=0.0, le=100.0)
    max_bpb_rise: float = Field(ge=0.0)
    epochs: float = Field(gt=0.0, le=1000.0)
    batch_rows: Positive
    rows_at_once: Positive
    learning_rate: float = Field(gt=0.0, lt=1.0)
    warmup_share: Share
    clip_norm: float = Field(gt=0.0)
    evaluate_every: Positive
    checkpoint_every: Positive
    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "fp32", "bf16"]
    recompute: bool
    adapter: Adapter | None = None
    threads: int = Field(ge=1, le=256)
    seed: Seed
