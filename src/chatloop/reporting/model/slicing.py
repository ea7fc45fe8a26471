"""Bits per byte in parts: by topic, source, turn depth and length of the answer, with intervals.

    by    │ slice   │ conversations │ answers │ bits_per_byte │ low   │ high  │ champion │ …
    topic │ returns │ 31            │ 74      │ 1.912         │ 1.874 │ 1.955 │ 1.930    │ …

Intervals are of 95 %, from a bootstrap over conversations (answers of one conversation are not
independent). The difference is to the champion, and to the base where there is no champion.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chatloop.gating.bootstrap import Difference, Values, ratio_differences

RESAMPLES, SEED, TAIL = 1000, 7, 0.025
DEPTHS = {1: "1st answer", 2: "2nd answer", 3: "3rd answer", 4: "4th answer", 5: "later answers"}
LENGTHS = {0: "under 32", 32: "32 to 63", 64: "64 to 127", 128: "128 to 255", 256: "256 and more"}
UNIT = "bytes"
BITS = float(np.log(2))

Rows = NDArray[np.int64]


def depth_of(answer: int) -> str:
    """The slice of the n-th answer of a conversation, counted from 1."""
    return DEPTHS[min(answer, max(DEPTHS))]


def length_of(answer_bytes: int) -> str:
    """The slice of an answer by its UTF-8 bytes."""
    return f"{LENGTHS[max(edge for edge in LENGTHS if edge <= answer_bytes)]} {UNIT}"


def slices(answers: pl.DataFrame, models: Sequence[str]) -> pl.DataFrame:
    """A row a slice; topics and sources with the candidate's worst first.

    `answers`: a row an answer that every model scored, with conversation_id, topics, source, depth,
    length, answer_bytes and `{model}_nats`.
    """
    parts = list(_parts(answers))
    talks = answers["conversation_id"].rank("dense").to_numpy().astype(np.int64) - 1
    count, nats = int(talks.max()) + 1, {name: answers[f"{name}_nats"] for name in models}
    rival = nats.get("champion", nats["base"])
    sizes = [_by_talk(answers["answer_bytes"] * BITS, talks, rows, count) for *_, rows in parts]
    own = [_by_talk(nats["candidate"], talks, rows, count) for *_, rows in parts]
    over = [_by_talk(nats["candidate"] - rival, talks, rows, count) for *_, rows in parts]
    tails = [TAIL] * (2 * len(parts))
    found = ratio_differences([*own, *over], [*sizes, *sizes], tails, RESAMPLES, SEED)
    columns = zip(parts, found[: len(parts)], found[len(parts) :], strict=True)
    made = [
        {"by": by, "slice": name}
        | _counts(answers, talks, rows)
        | _row(mean, against, {n: _bits(nats[n], answers, rows) for n in models if n in nats})
        for (by, name, rows), mean, against in columns
    ]
    return pl.DataFrame(made, infer_schema_length=None)


def _parts(answers: pl.DataFrame) -> Iterator[tuple[str, str, Rows]]:
    """(kind, slice, its rows), worst first where the slices have no order of their own."""
    topics = pl.when(pl.col("topics").list.len() > 0).then("topics").otherwise(pl.lit(["none"]))
    table = answers.with_row_index("row").with_columns(topic=topics)
    for by in ("topic", "source", "depth", "length"):
        exploded = table.explode("topic") if by == "topic" else table
        bits = pl.col("candidate_nats").sum() / pl.col("answer_bytes").sum()
        groups = exploded.group_by(by).agg("row", bits=bits).sort([-pl.col("bits"), pl.col(by)])
        found: Mapping[str, list[int]] = dict(groups.select(by, "row").iter_rows())
        order = {
            "depth": list(DEPTHS.values()),
            "length": [f"{one} {UNIT}" for one in LENGTHS.values()],
        }.get(by, list(found))
        for name in (name for name in order if name in found):
            yield by, name, np.array(found[name], dtype=np.int64)


def _by_talk(values: pl.Series, talks: Rows, rows: Rows, count: int) -> Values:
    """Sums by conversation of the values in these rows."""
    chosen = values.to_numpy()[rows].astype(np.float64)
    return np.bincount(talks[rows], weights=chosen, minlength=count).astype(np.float64)


def _counts(answers: pl.DataFrame, talks: Rows, rows: Rows) -> dict[str, int]:
    size = int(answers["answer_bytes"].to_numpy()[rows].sum())
    return {
        "conversations": len(set(talks[rows].tolist())),
        "answers": len(rows),
        "answer_bytes": size,
    }


def _bits(nats: pl.Series, answers: pl.DataFrame, rows: Rows) -> float:
    size = answers["answer_bytes"].to_numpy()[rows].sum()
    return float(nats.to_numpy()[rows].sum() / BITS / size)


def _row(
    mean: Difference, against: Difference, bits: Mapping[str, float]
) -> dict[str, float | None]:
    return {
        "bits_per_byte": mean.mean,
        "low": mean.low,
        "high": mean.high,
        "champion": bits.get("champion"),
        "base": bits.get("base"),
        "difference": against.mean,
        "difference_low": against.low,
        "difference_high": against.high,
    }
