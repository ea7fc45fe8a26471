"""What models make of judged answers that none learned from: a row an answer or a pair.

    conversation_id │ kind │ prompt │ candidate_chosen │ candidate_rejected │ champion_chosen │ …
    shop-00052      │ pair │ 0      │ -41.2            │ -47.9              │ -42.0           │ …
    shop-00091      │ down │ 1      │                  │ -12.6              │                 │ …

Log-probabilities of the answers, in nats. The gain of a pair is by how much more the candidate
prefers the chosen answer than the champion does; of a thumb, how much likelier the answer is, or
less likely where the thumb is down. Thumbs up and down weigh the same beside one another: a model
to which all answers are likelier, or none, gains nothing by it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chatloop.gating.bootstrap import Values, ratio_differences
from chatloop.gating.evidence import Preferred

MODELS = ("candidate", "champion", "base")
SIDES = ("chosen", "rejected")
RESAMPLES, SEED, TAIL = 1000, 7, 0.025


def told(
    rows: Sequence[tuple[str, str, int]], found: Mapping[str, NDArray[np.float64]]
) -> pl.DataFrame:
    """The table, of rows (id, kind, prompt) and log-probabilities (rows, 2) of each model.

    What a row or a run does not have is null, whatever a model says is not.
    """
    names, kinds, prompts = zip(*rows, strict=True) if rows else ((), (), ())
    columns: dict[str, Any] = {
        "conversation_id": pl.Series(names, dtype=pl.String),
        "kind": pl.Series(kinds, dtype=pl.String),
        "prompt": pl.Series(prompts, dtype=pl.Int64),
    }
    absent = {"chosen": "down", "rejected": "up"}
    for model in MODELS:
        for at, side in enumerate(SIDES):
            values = found[model][:, at].tolist() if model in found else [None] * len(rows)
            there = [
                None if kind == absent[side] else value
                for kind, value in zip(kinds, values, strict=True)
            ]
            columns[f"{model}_{side}"] = pl.Series(there, dtype=pl.Float64)
    return pl.DataFrame(columns)


def preferred_of(table: pl.DataFrame) -> Preferred | None:
    """Gains of the candidate over the champion, a row a prompt; None where there are none.

    Answers to one prompt are not independent. Thumbs of one kind alone say nothing: they are left
    out.
    """
    gain = _margin("candidate") - _margin("champion")
    rows = table.with_columns(gain=gain, weight=pl.Series(_weights(table["kind"].to_numpy())))
    rows = rows.filter(pl.col("gain").is_not_null() & (pl.col("weight") > 0))
    if rows.is_empty():
        return None
    sums = rows.group_by("prompt", maintain_order=True).agg(
        pl.col("weight").sum(), gain=(pl.col("gain") * pl.col("weight")).sum()
    )
    weights = sums["weight"].to_numpy()
    return Preferred(sums["gain"].to_numpy() / weights, weights, rows.height)


def summary(table: pl.DataFrame, left_out: Mapping[str, int]) -> dict[str, Any]:
    """Of the report: counts, the mean gain with its 95 % interval, how often the candidate is
    nearer to what people said than the champion, and of each model the share of pairs of which the
    chosen answer is the likelier one."""
    pairs = table.filter(pl.col("kind") == "pair")
    kinds = {kind: table.filter(pl.col("kind") == kind).height for kind in ("pair", "up", "down")}
    found: dict[str, Any] = {"rows": table.height, "kinds": kinds, "left_out": dict(left_out)}
    found["accuracy"] = {
        model: float((pairs[f"{model}_chosen"] > pairs[f"{model}_rejected"]).mean())  # type: ignore[arg-type]
        for model in MODELS
        if pairs.height and not pairs[f"{model}_chosen"].is_null().all()
    }
    gains = preferred_of(table)
    if gains is not None and np.isfinite(gains.gains).all():
        (one,) = ratio_differences(
            [gains.gains * gains.weights], [gains.weights], [TAIL], RESAMPLES, SEED
        )
        found["gain"] = {"mean": one.mean, "low": one.low, "high": one.high}
        found["nearer"] = _nearer(gains)
    return found


def _nearer(found: Preferred) -> float:
    """The share of judgements to which the candidate is nearer than the champion; a tie is half."""
    ahead = (np.sign(found.gains) + 1) / 2
    return float((ahead * found.weights).sum() / found.weights.sum())


def _margin(model: str) -> pl.Expr:
    """Of a pair the difference, of a thumb the answer by its sign."""
    chosen, rejected = (pl.col(f"{model}_{side}") for side in SIDES)
    return (
        pl.when(pl.col("kind") == "pair").then(chosen - rejected)
        .when(pl.col("kind") == "up").then(chosen)
        .otherwise(-rejected)
    )  # fmt: skip


def _weights(kinds: NDArray[Any]) -> Values:
    """A pair is 1; thumbs are 1 in the mean, half of all that for either kind."""
    weights = np.ones(len(kinds))
    counts = {kind: int((kinds == kind).sum()) for kind in ("up", "down")}
    for kind, count in counts.items():
        if count:
            both = min(counts.values()) > 0
            weights[kinds == kind] = sum(counts.values()) / (2 * count) if both else 0.0
    return weights
