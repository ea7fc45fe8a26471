"""Conversations that repeat another one, among more than fit into memory.

    shop-00417 │ shop-00002     word for word, or nearly: the lowest id of those that say the same

Batches come sorted, every conversation whole. Of each stays its id and 16 bytes of a digest, or
what `TwinIndex` keeps.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import BinaryIO

import numpy as np
import polars as pl

from chatloop.cleaning.judging import whole_talks
from chatloop.cleaning.rules import COPIES
from chatloop.duplicates.index import TwinIndex
from chatloop.params import CleanParams

Hits = pl.DataFrame  # conversation_id, cluster


def copies(
    batches: Callable[[], Iterable[pl.DataFrame]], params: CleanParams, spill: BinaryIO
) -> dict[str, Hits]:
    """By rule that is on, in order, whom it hits; the second is asked what the first one left."""
    found: dict[str, Hits] = {}
    for name in COPIES:
        if name in params.rules:
            left = _without(batches(), list(found.values()))
            found[name] = _exact(left) if name == "duplicate" else _near(left, params, spill)
    return found


def _without(batches: Iterable[pl.DataFrame], hits: list[Hits]) -> Iterator[pl.DataFrame]:
    for batch in batches:
        left = batch
        for hit in hits:
            left = left.join(hit, on="conversation_id", how="anti", maintain_order="left")
        yield left


def _exact(batches: Iterable[pl.DataFrame]) -> Hits:
    """The same speakers said the same."""
    talks = pl.concat([_NOBODY, *(_digests(whole_talks(batch)) for batch in batches)])
    first = pl.col("conversation_id").first().over("digest", "more").alias("cluster")
    copy = ~pl.struct("digest", "more").is_first_distinct()
    return talks.select("conversation_id", first, copy=copy).filter("copy").drop("copy")


_NOBODY = pl.DataFrame(
    schema={"conversation_id": pl.String, "digest": pl.UInt64, "more": pl.UInt64}
)


def _digests(talks: pl.DataFrame) -> pl.DataFrame:
    """Of each conversation its id and a digest of who said what, in two halves."""
    said = talks.select("speakers", "transcript").iter_rows()
    marks = [blake2b("\0".join(map(repr, both)).encode(), digest_size=16).digest() for both in said]
    halves = np.frombuffer(b"".join(marks), dtype="<u8").reshape(-1, 2)
    return talks.select(
        "conversation_id",
        digest=pl.Series(halves[:, 0], dtype=pl.UInt64),
        more=pl.Series(halves[:, 1], dtype=pl.UInt64),
    )


def _near(batches: Iterable[pl.DataFrame], params: CleanParams, spill: BinaryIO) -> Hits:
    """The same but for a few words."""
    index, ids = TwinIndex(params.near_duplicates, spill), [_NOBODY["conversation_id"]]
    for batch in batches:
        talks = whole_talks(batch)
        ids.append(talks["conversation_id"])
        index.add(talks["transcript"])
    names, cluster = pl.concat(ids), index.clusters()
    rows = np.flatnonzero(cluster != np.arange(len(cluster)))
    return pl.DataFrame(
        {"conversation_id": names.gather(rows), "cluster": names.gather(cluster[rows])}
    )
