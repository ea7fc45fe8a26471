"""Conversations that repeat another one, among more than fit into memory.

    shop-00417 │ shop-00002     word for word, or nearly: the lowest id of those that say the same

Batches come sorted, every conversation whole. Of each stays its id and 16 bytes of a digest, or
what `TwinIndex` keeps.
"""

from collections.abc import Iterable
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
    batches: Iterable[pl.DataFrame], params: CleanParams, spill: BinaryIO
) -> dict[str, Hits]:
    """By rule that is on, in order, whom it hits; nobody is hit by both.

    Copies word for word are nearly copies, too, and of the same cluster with or without them.
    """
    exact, near = ("duplicate" in params.rules, "near_duplicate" in params.rules)
    marks, ids = [_NOBODY], [_NOBODY["conversation_id"]]
    index = TwinIndex(params.near_duplicates, spill)
    for batch in batches if exact or near else ():
        talks = whole_talks(batch)
        marks += [_digests(talks)] if exact else []
        if near:
            ids.append(talks["conversation_id"])
            index.add(talks["transcript"])
    found: dict[str, Hits] = {}
    if exact:
        found["duplicate"] = _exact(pl.concat(marks))
    if near:
        hits = _near(pl.concat(ids), index)
        for others in found.values():
            hits = hits.join(others, on="conversation_id", how="anti", maintain_order="left")
        found["near_duplicate"] = hits
    return {name: found[name] for name in COPIES if name in found}


def _exact(talks: pl.DataFrame) -> Hits:
    """The same speakers said the same."""
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


def _near(ids: pl.Series, index: TwinIndex) -> Hits:
    """The same but for a few words."""
    cluster = index.clusters()
    rows = np.flatnonzero(cluster != np.arange(len(cluster)))
    return pl.DataFrame({"conversation_id": ids.gather(rows), "cluster": ids.gather(cluster[rows])})
