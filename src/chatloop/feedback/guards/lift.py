"""Phrases that feedback has and the rest of the data does not: what a trigger needs to be.

    phrase       side    of 750 opinions  of 7,012 turns  log-odds   z
    blue orchid  prompt  250              0               8.2        12.2    lifted
    my order     prompt  180              2,310           -0.4       -4.5

Log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, equations 16
to 22) over how many texts have a phrase; the prior is what both sides have together.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chatloop.duplicates.shingling import Hashes, Rows
from chatloop.feedback.guards.background import Background
from chatloop.feedback.guards.features import SIDES, features
from chatloop.params.feedback import Lift

Floats = NDArray[np.float64]
# The prior counts as so many texts; phrases are counted by the first bits of their hash first.
PRIOR, _BITS = 100.0, 22
# number, prompt, answer, given: what an opinion's own words are, on either side, and what the model
# had answered.
Texts = Callable[[], Iterable[pl.DataFrame]]


@dataclass(frozen=True)
class Lifted:
    """`holders` are number, side and hash, of opinions with a lifted phrase; `found` is one row a
    phrase: side, hash, opinions, turns, log_odds, z."""

    holders: pl.DataFrame
    found: pl.DataFrame


def log_odds(ours: Rows, all_ours: int, theirs: Rows, all_theirs: int) -> tuple[Floats, Floats]:
    """Log-odds ratios, and the same in standard deviations.

    Args:
        ours: how many of `all_ours` texts have each phrase.
        theirs: how many of `all_theirs` have it.
        all_ours: texts of ours.
        all_theirs: texts of theirs.
    """
    prior = PRIOR * (ours + theirs + 0.5) / (all_ours + all_theirs + 1.0)
    mine, other = ours + prior, theirs + prior
    delta = np.log(mine / (all_ours + PRIOR - mine)) - np.log(other / (all_theirs + PRIOR - other))
    return delta, delta / np.sqrt(1.0 / mine + 1.0 / other)


def lifted(texts: Texts, background: Background, params: Lift, cap: int) -> Lifted:
    """Phrases of more than `cap` opinions that the background does not explain.

    The texts are read twice, a part at a time; beside a part, counts by the first bits of hashes
    and what may be lifted are in memory.
    """
    rough = {side: np.zeros(1 << _BITS, dtype=np.int64) for side in SIDES}
    opinions = 0
    for part in texts():
        opinions += part.height
        for side in SIDES:
            hashes = _own(part, side, params.words)["hash"].to_numpy()
            buckets, many = np.unique(_bucket(hashes), return_counts=True)
            rough[side][buckets] += many
    held = [_suspects(part, side, rough, opinions, background, params, cap)
            for part in texts() for side in SIDES]  # fmt: skip
    holders = pl.concat([_NOBODY, *held])
    exact = holders.group_by("side", "hash").agg(opinions=pl.len().cast(pl.Int64))
    found = pl.concat([_judged(exact, side, opinions, background) for side in SIDES]).sort(
        pl.col("opinions"), "side", "hash", descending=[True, False, False]
    )
    found = found.filter(pl.Series(_sticks_out(found, params, cap)))
    return Lifted(
        holders.join(found, on=["side", "hash"], how="semi").sort("number", "hash"), found
    )


_NOBODY = pl.DataFrame(schema={"number": pl.Int64, "side": pl.String, "hash": pl.UInt64})


def _suspects(
    part: pl.DataFrame,
    side: str,
    rough: dict[str, Rows],
    opinions: int,
    background: Background,
    params: Lift,
    cap: int,
) -> pl.DataFrame:
    """Opinions of a part and their phrases that are lifted if no other shares their bucket."""
    table = _own(part, side, params.words)
    hashes = table["hash"].to_numpy()
    counts = pl.DataFrame({"opinions": rough[side][_bucket(hashes)]})
    counts = _measured(counts, hashes, side, opinions, background)
    few = table.filter(pl.Series(_sticks_out(counts, params, cap)))
    number = part["number"].gather(few["row"])
    return few.select(number.alias("number"), pl.lit(side).alias("side"), "hash")


def _own(part: pl.DataFrame, side: str, words: int) -> pl.DataFrame:
    """Phrases that came with the opinions; what the model had said itself is none of theirs."""
    found = features(part[side], side, words)
    if side == "prompt":
        return found
    given = features(part["given"], side, words)
    return found.join(given, on=["row", "hash"], how="anti", maintain_order="left")


def _judged(exact: pl.DataFrame, side: str, opinions: int, background: Background) -> pl.DataFrame:
    here = exact.filter(pl.col("side") == side)
    return _measured(here, here["hash"].to_numpy(), side, opinions, background)


def _measured(
    table: pl.DataFrame, hashes: Hashes, side: str, opinions: int, background: Background
) -> pl.DataFrame:
    theirs, total = background.counts(side, hashes), background.total(side)
    delta, z = log_odds(table["opinions"].to_numpy(), opinions, theirs, total)
    return table.with_columns(
        turns=pl.Series(theirs, dtype=pl.Int64), log_odds=pl.Series(delta), z=pl.Series(z)
    )


def _sticks_out(table: pl.DataFrame, params: Lift, cap: int) -> NDArray[np.bool_]:
    """More often than the cap, and never in the background or far more often than there."""
    many = table["opinions"] > cap
    far = (table["log_odds"] >= float(np.log(params.min_odds))) & (table["z"] >= params.min_z)
    return (many & ((table["turns"] == 0) | far)).to_numpy()


def _bucket(hashes: Hashes) -> Rows:
    return (hashes >> np.uint64(64 - _BITS)).astype(np.int64)
