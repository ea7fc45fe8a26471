"""Judged answers for tests: tables as ingest writes them, and params.

judged([("a", "hi", "hello", None)])    a thumb up
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from chatloop.io.tables import PREFERENCES, TURNS
from chatloop.params.align import AlignParams
from chatloop.params.data import NearDuplicates

DEFAULTS: dict[str, Any] = {
    "min_rows": 4, "held_out_share": 0.0, "beta": 0.1, "liked_weight": 1.0, "disliked_weight": 1.0,
    "replay_share": 0.0,
    "near_duplicates": NearDuplicates(threshold=0.5, permutations=128, shingle_words=3, seed=1),
    "max_bpb_rise": 100.0, "epochs": 8.0, "batch_rows": 2, "rows_at_once": 2,
    "learning_rate": 3.0e-3, "warmup_share": 0.1, "clip_norm": 1.0, "evaluate_every": 4,
    "checkpoint_every": 2, "device": "cpu", "precision": "fp32", "recompute": False, "threads": 2,
    "seed": 7,
}  # fmt: skip


def align_params(**changes: Any) -> AlignParams:
    return AlignParams(**{**DEFAULTS, **changes})


def judged(rows: Sequence[tuple[str, str, str | None, str | None]]) -> pl.DataFrame:
    """(id, what is asked, chosen, rejected): None is an answer that nobody gave."""
    flat = [
        (side, name, 0, "user" if side == "prompt" else "assistant", text, [], "test")
        for name, *texts in rows
        for side, text in zip(("prompt", "chosen", "rejected"), texts, strict=True)
        if text is not None
    ]
    return pl.DataFrame(flat, schema=PREFERENCES, orient="row")


def turns(*talks: tuple[str, ...]) -> pl.DataFrame:
    """(id, what the user says, what the assistant says, …)."""
    flat = [
        (name, at, ("user", "assistant")[at % 2], text, [], "test")
        for name, *texts in talks
        for at, text in enumerate(texts)
    ]
    return pl.DataFrame(flat, schema=TURNS, orient="row")
