"""Conversations kept or rejected, each rejection with the first rule that hit.

    kept                                  rejects
    shop-00001 │ 0 │ user │ Where is …    shop-00002 │ 0 │ user │  … │ clean │ empty_turn

Nothing else happens to a turn here: what is kept and what is rejected add up to what came in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from chatloop.cleaning.rules import Rule, chosen
from chatloop.dedup import transcripts
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
    left, rejected, reasons = _with_transcripts(turns), [turns.clear().with_columns(_why(""))], {}
    for rule in rules:
        hit = left.filter(rule.hits(params)).get_column("conversation_id").unique()
        out = pl.col("conversation_id").is_in(hit.implode())
        rejected.append(left.filter(out).select(turns.columns).with_columns(_why(rule.name)))
        left, reasons[rule.name] = left.filter(~out), len(hit)
    kept = left.select(turns.columns)
    return Judgement(kept, pl.concat(rejected).sort(_KEY), reasons)


def _why(reason: str) -> list[pl.Expr]:
    return [pl.lit("clean").alias("stage"), pl.lit(reason).alias("reason")]


def _with_transcripts(turns: pl.DataFrame) -> pl.DataFrame:
    """With the two columns that rules about whole conversations look at."""
    system = pl.when(pl.col("role") == "system").then("content").otherwise(pl.lit(""))
    whole = turns.group_by("conversation_id").agg(
        pl.col("turn").min(), (pl.col("role") + system).str.join("\n").alias("speakers")
    )
    whole = whole.join(transcripts(turns), on="conversation_id")
    return turns.join(whole, on=_KEY, how="left", maintain_order="left")
