"""Means that a candidate must not lose to the champion: as rows, higher is better, from 0 to 1.

guarded(scores.parquet, generations.json, 30)["chrF"]
    →  Guarded(candidate=[0.41, …], champion=[0.44, …])     a row a conversation
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from chatloop.gating.evidence import Guarded

SIDES = ("candidate", "champion")
TOKENS = [pl.col(f"{side}_tokens") for side in SIDES]


def guarded(
    conversations: pl.DataFrame, rows: Sequence[Mapping[str, Any]], least: int
) -> dict[str, Guarded]:
    """Token accuracy, and of written answers chrF and whether they end; each where both models have
    it of at least so many conversations."""
    found = [("token accuracy", _accuracy(conversations))]
    if rows and all(side in row for row in rows for side in SIDES):
        found += [
            ("chrF", _mean(rows, lambda row, side: row["chrf"][side] / 100)),
            ("ended answers", _mean(rows, lambda row, side: float(row["ended"][side]))),
        ]
    return {
        name: Guarded(*(table[side].to_numpy().astype(np.float64) for side in SIDES))
        for name, table in found
        if table.height >= least
    }


def _accuracy(conversations: pl.DataFrame) -> pl.DataFrame:
    """Of models that cut the answers into the same tokens; others cannot be compared by it."""
    same = TOKENS[0] == TOKENS[1]
    kept = conversations.filter("comparable", same & (TOKENS[0] > 0))
    if kept.height < conversations["comparable"].sum():
        kept = kept.clear()
    shares = {side: pl.col(f"{side}_correct") / pl.col(f"{side}_tokens") for side in SIDES}
    return kept.select(**shares)


def _mean(
    rows: Sequence[Mapping[str, Any]], value: Callable[[Mapping[str, Any], str], float]
) -> pl.DataFrame:
    """A row a conversation: answers of one are not independent."""
    columns = {side: [value(row, side) for row in rows] for side in SIDES}
    table = pl.DataFrame({"conversation_id": [row["conversation_id"] for row in rows], **columns})
    return table.group_by("conversation_id", maintain_order=True).mean()
