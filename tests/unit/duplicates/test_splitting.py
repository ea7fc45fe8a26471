from collections.abc import Sequence

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.duplicates.index import near_duplicates
from chatloop.duplicates.near import transcripts
from chatloop.duplicates.splitting import SPLITS, assigned, kinds_of, position, split_of
from chatloop.io.tables import TURNS
from chatloop.params import SplitParams

PARAMS = SplitParams.model_validate(
    {
        "validation_share": 0.1,
        "test_share": 0.2,
        "near_duplicates": {"threshold": 0.5, "permutations": 128, "shingle_words": 3, "seed": 1},
        "exchanges": {"threshold": 0.8, "permutations": 64, "shingle_words": 3, "seed": 1},
        "contamination": {"shingle_words": 8, "min_overlap": 0.8, "max_share": 0.5},
        "caps": {"sources": {}, "topics": {}},
        "weights": {"sources": {}, "topics": {}},
        "seed": 7,
    }
)


def table(said: dict[str, str]) -> pl.DataFrame:
    rows = [(name, 0, "user", text, [], "test") for name, text in said.items()]
    return pl.DataFrame(rows, schema=TURNS, orient="row")


def assign(turns: pl.DataFrame, params: SplitParams) -> pl.DataFrame:
    whole = transcripts(turns)
    cluster = near_duplicates(whole["transcript"], params.near_duplicates)
    return assigned(whole["conversation_id"], cluster, kinds_of(turns, params), params)


def splits(said: dict[str, str], params: SplitParams = PARAMS) -> dict[str, str]:
    """Conversation to split, of those that are not left out."""
    placed = assign(table(said), params).filter(pl.col("reason").is_null())
    return dict(zip(placed["conversation_id"], placed["split"], strict=True))


def unlike(names: Sequence[str]) -> dict[str, str]:
    """Conversations that share no shingle."""
    return {name: f"{name}a {name}b {name}c {name}d" for name in names}


def test_shares_are_kept():
    counts = pl.Series([split_of(f"c{n}", PARAMS) for n in range(20_000)]).value_counts()
    shares = dict(counts.with_columns(pl.col("count") / 20_000).iter_rows())
    assert {name: round(shares[name], 2) for name in SPLITS} == {
        "train": 0.7,
        "validation": 0.1,
        "test": 0.2,
    }


def test_a_place_is_the_same_in_every_process_and_release():
    assert position("shop-00001", 7) == 0.1275861282647327
    assert position("shop-00001", 8) != position("shop-00001", 7)


def test_more_validation_moves_nobody_in_or_out_of_test():
    more = PARAMS.model_copy(update={"validation_share": 0.3})
    for n in range(500):
        assert (split_of(f"c{n}", PARAMS) == "test") == (split_of(f"c{n}", more) == "test")


def test_every_conversation_is_assigned_once_whatever_the_order_of_rows():
    said = unlike([f"c{n}" for n in range(50)])
    placed = assign(table(said).reverse(), PARAMS)
    assert placed["conversation_id"].to_list() == sorted(said)
    assert dict(zip(placed["conversation_id"], placed["split"], strict=True)) == splits(said)


def test_the_same_system_prompt_makes_no_twins():
    prompt = " ".join(f"word{n}" for n in range(100))
    rows = [
        row
        for n in range(3)
        for row in (
            (f"c{n}", 0, "system", prompt, [], "test"),
            (f"c{n}", 1, "user", f"{n}a {n}b {n}c {n}d", [], "test"),
        )
    ]
    turns = pl.DataFrame(rows, schema=TURNS, orient="row")
    assert assign(turns, PARAMS)["cluster"].to_list() == ["c0", "c1", "c2"]


NAMES = st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), unique=True, min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(names=NAMES, extra=NAMES)
def test_new_conversations_move_nobody(names, extra):
    before = splits(unlike(names))
    after = splits(unlike([*names, *extra]))
    assert {name: after[name] for name in before} == before


NEW = st.lists(st.sampled_from(["aa", "mm", "zz"]), unique=True, min_size=1)


@settings(max_examples=40, deadline=None)
@given(names=NAMES, new=NEW, of=st.integers(min_value=0), word=st.sampled_from(["please", ""]))
def test_new_twins_whatever_their_ids_move_nobody_and_never_cross_over(names, new, of, word):
    said = unlike(names)
    before = splits(said)
    for at, name in enumerate(new):
        said[f"{name}{of}"] = f"{said[names[(of + at) % len(names)]]} {word}"
    placed = assign(table(said), PARAMS)
    inside = placed.filter(pl.col("reason").is_null())
    after = dict(inside.select("conversation_id", "split").iter_rows())
    assert all(after.get(name, split) == split for name, split in before.items())
    assert all(name in after for name, split in before.items() if split == "test")
    assert inside.group_by("cluster").agg(pl.col("split").n_unique())["split"].max() == 1
    assert placed.height == len(said)


def test_a_training_twin_of_a_held_out_conversation_is_left_out_with_the_reason():
    assert [split_of(name, PARAMS) for name in ("c1", "c2", "c3")] == ["test", "train", "train"]
    same = {"c1": "my lamp came broken", "c2": "my lamp came broken", "c3": "where is it now then"}
    placed = assign(table(same), PARAMS)
    assert placed["cluster"].to_list() == ["c1", "c1", "c3"]
    assert placed["reason"].to_list() == [None, "twin_of_test", None]


def with_kinds(conversations: int) -> pl.DataFrame:
    said = unlike([f"c{n:04}" for n in range(conversations)])
    kinds = (
        table(said)
        .with_row_index("n")
        .with_columns(
            source=pl.when(pl.col("n") % 4 == 0).then(pl.lit("small")).otherwise(pl.lit("big")),
            topics=pl.when(pl.col("n") % 2 == 0).then(["even"]).otherwise(["odd", "rest"]),
        )
    )
    return kinds.select(TURNS.names())


def balanced(turns: pl.DataFrame, **limits: dict[str, dict[str, float]]) -> pl.DataFrame:
    empty = {"sources": {}, "topics": {}}
    wanted = PARAMS.model_dump() | {name: empty | said for name, said in limits.items()}
    placed = assign(turns, SplitParams.model_validate(wanted))
    return placed.join(turns, on="conversation_id").sort("conversation_id")


def counts(found: pl.DataFrame) -> dict[str | None, int]:
    return dict(found.filter(pl.col("split") == "train").group_by("reason").len().iter_rows())


def test_caps_hold_for_training_alone_and_for_every_topic_of_a_conversation():
    turns = with_kinds(600)
    found = balanced(turns, caps={"sources": {"big": 100}, "topics": {"rest": 20}})
    assert set(found.filter(pl.col("split") != "train")["reason"]) == {None}
    kept = found.filter((pl.col("split") == "train") & pl.col("reason").is_null())
    assert (kept["source"] == "big").sum() == 100
    assert kept["topics"].list.contains("rest").sum() == 20
    assert set(counts(found)) == {None, "over_cap"}


def test_a_weight_thins_out_and_who_stays_stays_as_data_grows():
    found = balanced(with_kinds(600), weights={"topics": {"odd": 0.25}})
    odd = found.filter((pl.col("split") == "train") & pl.col("topics").list.contains("odd"))
    assert 0.15 < odd["reason"].is_null().mean() < 0.35
    assert set(counts(found)) == {None, "thinned_out"}
    more = balanced(with_kinds(900), weights={"topics": {"odd": 0.25}})
    both = found.join(more, on="conversation_id")
    assert both["reason"].equals(both["reason_right"].alias("reason"))
