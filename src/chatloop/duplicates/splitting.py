"""Train, validation and test: everyone stays where they are as data grows, and no twin crosses.

    conversation_id │ cluster    │ place │ split      │ reason
    shop-00001      │ shop-00001 │ 0.62… │ train      │
    shop-00002      │ shop-00002 │ 0.04… │ test       │
    shop-00417      │ shop-00002 │ 0.71… │ train      │ twin_of_test

The place of a conversation is a hash of the seed and its id, and of nothing else: no order, no
count, no other conversation. Where twins fall to different sides, the ones on the side of training
are left out with that reason, so what is held out once stays held out, and nobody ever moves.
"""

from hashlib import blake2b

import polars as pl

from chatloop.duplicates.shingling import Rows
from chatloop.params import SplitParams
from chatloop.params.data import Caps, Weights

SPLITS = ("train", "validation", "test")
TWIN_OF_TEST, TWIN_OF_VALIDATION = "twin_of_test", "twin_of_validation"
THINNED_OUT, OVER_CAP = "thinned_out", "over_cap"
REASONS = (TWIN_OF_TEST, TWIN_OF_VALIDATION, THINNED_OUT, OVER_CAP)


def kinds_of(turns: pl.DataFrame, params: SplitParams) -> pl.DataFrame:
    """Source and topics of each conversation; no rows where nothing is limited by them."""
    wanted = turns if _limits(params.caps, params.weights) else turns.clear()
    return wanted.group_by("conversation_id").agg(pl.col("source", "topics").first())


def assigned(
    ids: pl.Series, cluster: Rows, kinds: pl.DataFrame, params: SplitParams
) -> pl.DataFrame:
    """One row a conversation, as `ids` are sorted: conversation_id, cluster, split, reason.

    `cluster` is for each the row of the first of its twins, here its id. `reason` says why a
    conversation is left out of its split; null where it is in. Nobody is left out of the test.
    """
    splits = splits_of(ids, params)
    placed = pl.DataFrame({"conversation_id": ids, "cluster": ids.gather(cluster), "split": splits})
    return _balanced(placed.with_columns(_crossing().alias("reason")), kinds, params)


def splits_of(ids: pl.Series, params: SplitParams) -> pl.Series:
    """The split of each conversation, whoever its twins are."""
    return pl.Series([split_of(name, params) for name in ids], dtype=pl.String)


def split_of(conversation: str, params: SplitParams) -> str:
    """`test` for the lowest places, then `validation`, then `train`."""
    place = position(conversation, params.seed)
    if place < params.test_share:
        return "test"
    return "validation" if place < params.test_share + params.validation_share else "train"


def position(name: str, seed: int) -> float:
    """A place in [0, 1) from BLAKE2b, the same in every process, on every machine."""
    digest = blake2b(f"{seed}:{name}".encode(), digest_size=8).digest()
    # 53 bits are what a float holds; with more the highest places would round to 1.
    return (int.from_bytes(digest) >> 11) / 2**53


def _crossing() -> pl.Expr:
    """Why a conversation cannot stay beside its twins, null where it can."""
    split = pl.col("split")
    tested, validated = ((split == name).any().over("cluster") for name in ("test", "validation"))
    return (
        pl.when(tested & (split != "test"))
        .then(pl.lit(TWIN_OF_TEST))
        .when(validated & (split == "train"))
        .then(pl.lit(TWIN_OF_VALIDATION))
    )


def _balanced(placed: pl.DataFrame, kinds: pl.DataFrame, params: SplitParams) -> pl.DataFrame:
    """With the reasons of training conversations that weights and caps leave out."""
    if not _limits(params.caps, params.weights):
        return placed
    mine = placed.filter(pl.col("reason").is_null() & (pl.col("split") == "train"))
    rows = mine.join(kinds, on="conversation_id").select("conversation_id", "source", "topics")
    # In an order of chance that is always the same, so that nobody comes first for their name.
    ordered = sorted(rows.iter_rows(), key=lambda row: position(f"balance:{row[0]}", params.seed))
    out = _left_out(ordered, params)
    said = pl.col("conversation_id").replace_strict(out, default=None, return_dtype=pl.String)
    return placed.with_columns(pl.coalesce("reason", said).alias("reason"))


def _left_out(ordered: list[tuple[str, str, list[str]]], params: SplitParams) -> dict[str, str]:
    """Conversation to reason: more than its weight allows, or one of its kinds is full."""
    caps = {("source", k): n for k, n in params.caps.sources.items()}
    caps |= {("topic", k): n for k, n in params.caps.topics.items()}
    weights = {("source", k): w for k, w in params.weights.sources.items()}
    weights |= {("topic", k): w for k, w in params.weights.topics.items()}
    taken: dict[tuple[str, str], int] = dict.fromkeys(caps, 0)
    out: dict[str, str] = {}
    for name, source, topics in ordered:
        kinds = [("source", source), *(("topic", topic) for topic in topics or ())]
        weight = min(weights.get(kind, 1.0) for kind in kinds)
        full = [kind for kind in kinds if kind in caps and taken[kind] >= caps[kind]]
        if position(f"weight:{name}", params.seed) >= weight:
            out[name] = THINNED_OUT
        elif full:
            out[name] = OVER_CAP
        else:
            taken |= {kind: taken[kind] + 1 for kind in kinds if kind in caps}
    return out


def _limits(caps: Caps, weights: Weights) -> bool:
    return bool(caps.sources or caps.topics or weights.sources or weights.topics)


def conversations(placed: pl.DataFrame) -> dict[str, int]:
    """How many conversations are in each split."""
    inside = placed.filter(pl.col("reason").is_null())
    counted = dict(inside.group_by("split").len().iter_rows())
    return {name: counted.get(name, 0) for name in SPLITS}


def summary(placed: pl.DataFrame) -> str:
    """The same as a person reads it."""
    return ", ".join(f"{count:,} {name}" for name, count in conversations(placed).items())
