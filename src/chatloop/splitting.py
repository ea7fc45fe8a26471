"""Train, validation and test: twins together, and everyone stays where they are as data grows.

    shop-00001  cluster shop-00001  0.62…  train
    shop-00417  cluster shop-00001  0.62…  train    (says nearly the same as shop-00001)
    shop-00002  cluster shop-00002  0.04…  test

The place of a cluster is a hash of the seed and its lowest id, and of nothing else: no order, no
count, no other conversation. Only a new twin that connects clusters, or brings a lower id, moves
the ones that it joins.
"""

from hashlib import blake2b

import polars as pl

from chatloop.dedup import near_duplicates, transcripts
from chatloop.params import SplitParams

SPLITS = ("train", "validation", "test")


def assign(turns: pl.DataFrame, params: SplitParams) -> pl.DataFrame:
    """One row a conversation, sorted: conversation_id, cluster (its lowest id) and split."""
    whole = transcripts(turns)
    ids = whole["conversation_id"]
    cluster = ids.gather(near_duplicates(whole["transcript"], params.near_duplicates))
    splits = [split_of(representative, params) for representative in cluster]
    return pl.DataFrame({"conversation_id": ids, "cluster": cluster, "split": splits})


def split_of(cluster: str, params: SplitParams) -> str:
    """`test` for the lowest places, then `validation`, then `train`."""
    place = position(cluster, params.seed)
    if place < params.test_share:
        return "test"
    return "validation" if place < params.test_share + params.validation_share else "train"


def position(cluster: str, seed: int) -> float:
    """A place in [0, 1) from BLAKE2b, the same in every process, on every machine."""
    digest = blake2b(f"{seed}:{cluster}".encode(), digest_size=8).digest()
    # 53 bits are what a float holds; with more the highest places would round to 1.
    return (int.from_bytes(digest) >> 11) / 2**53
