"""What the gate compares, from the tables of an evaluation: scores, and means that must not fall.

scores_of(scores.parquet)                             →  Scores(candidate=[412.6, …], …)
guarded(scores.parquet, generations.json, 30)["chrF"]
    →  Guarded(candidate=[0.41, …], champion=[0.44, …])     from 0 to 1, a row a conversation
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from chatloop.gating.evidence import Guarded, Scores

SIDES = ("candidate", "champion")
TOKENS = [pl.col(f"{side}_tokens") for side in SIDES]


def scores_of(conversations: pl.DataFrame) -> Scores:
    """Of the conversations that every model could hold; slices are topics, and sources where there
    are several."""
    rows = conversations.filter("comparable")
    nats = {name: rows[f"{name}_nats"] for name in ("candidate", "base", "champion")}
    champion = None if nats["champion"].is_null().all() else nats["champion"].to_numpy()
    numbered = rows.with_row_index("row")
    topics = numbered.explode("topics").drop_nulls("topics").rename({"topics": "slice"})
    sources = numbered.with_columns(slice=pl.format("source {}", "source"))
    if rows["source"].n_unique() == 1:
        sources = sources.clear()  # it is the whole
    parts = pl.concat([topics.select("slice", "row"), sources.select("slice", "row")])
    sliced = parts.group_by("slice", maintain_order=True).agg("row").iter_rows()
    return Scores(
        answer_bytes=rows["answer_bytes"].to_numpy(),
        candidate=nats["candidate"].to_numpy(),
        base=nats["base"].to_numpy(),
        champion=champion,
        slices={name: np.asarray(at, dtype=np.int64) for name, at in sliced},
    )


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
