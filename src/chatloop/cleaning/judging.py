"""Conversations kept or rejected, each rejection with the first rule that hit.

    kept                                  rejects
    shop-00001 │ 0 │ user │ Where is …    shop-00002 │ 0 │ user │  … │ clean │ empty_turn

Nothing else happens to a turn here: what is kept and what is rejected add up to what came in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from chatloop.cleaning.rules import Rule, chosen
from chatloop.duplicates.near import transcripts
from chatloop.params import CleanParams

_KEY = ("conversation_id", "turn")


@dataclass(frozen=True)
class Judgement:
    """Turns of both kinds, sorted, and how many conversations each rule rejected, zeros too."""

    kept: pl.DataFrame
    rejects: pl.DataFrame
    reasons: dict[str, int]


def judge(
    turns: pl.DataFrame, params: CleanParams, rules: Sequence[Rule] | None = None
) -> Judgement:
    """Every turn of `turns` is in `kept` or, with its whole conversation, in `rejects`."""
    rules = chosen(params) if rules is None else rules
    turns = turns.sort(_KEY)
    left, reasons = turns, {}
    out = [rejected(turns, turns.clear().select("conversation_id", cluster="content"), "")]
    for rule in rules:
        hits = _hits(left, rule.hits(params))
        reasons[rule.name] = hits.height
        if hits.height:
            out.append(rejected(turns, hits, rule.name))
            left = left.join(hits, on="conversation_id", how="anti", maintain_order="left")
    return Judgement(left, pl.concat(out).sort(_KEY), reasons)


def rejected(turns: pl.DataFrame, hits: pl.DataFrame, reason: str) -> pl.DataFrame:
    """The turns of the conversations that are hit, with why: stage, reason, cluster."""
    gone = turns.join(hits, on="conversation_id", maintain_order="left")
    return gone.with_columns(_why(reason)).select(*turns.columns, "stage", "reason", "cluster")


def _hits(left: pl.DataFrame, hits: pl.Expr) -> pl.DataFrame:
    """Conversations that a rule hits: conversation_id, and `cluster`, of which there is none."""
    nobody = pl.lit(None, pl.String).alias("cluster")
    asked = left.select("conversation_id", hits.alias("hit")).filter("hit")
    return asked.select("conversation_id", nobody).unique("conversation_id", maintain_order=True)


def _why(reason: str) -> list[pl.Expr]:
    return [pl.lit("clean").alias("stage"), pl.lit(reason).alias("reason")]


def whole_talks(turns: pl.DataFrame) -> pl.DataFrame:
    """A row a conversation, sorted: its id, `turn` (the first), `speakers` and `transcript`."""
    system = pl.when(pl.col("role") == "system").then("content").otherwise(pl.lit(""))
    whole = turns.group_by("conversation_id").agg(
        pl.col("turn").min(), (pl.col("role") + system).str.join("\n").alias("speakers")
    )
    return transcripts(turns).join(whole, on="conversation_id", maintain_order="left")
