from collections.abc import Sequence

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.io.tables import TURNS
from chatloop.params import SplitParams
from chatloop.splitting import SPLITS, assign, position, split_of

PARAMS = SplitParams.model_validate(
    {
        "validation_share": 0.1,
        "test_share": 0.2,
        "near_duplicates": {"threshold": 0.5, "permutations": 128, "shingle_words": 3, "seed": 1},
        "seed": 7,
    }
)


def table(said: dict[str, str]) -> pl.DataFrame:
    rows = [(name, 0, "user", text, [], "test") for name, text in said.items()]
    return pl.DataFrame(rows, schema=TURNS, orient="row")


def splits(said: dict[str, str], params: SplitParams = PARAMS) -> dict[str, str]:
    assigned = assign(table(said), params)
    return dict(zip(assigned["conversation_id"], assigned["split"], strict=True))


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
    assigned = assign(table(said).reverse(), PARAMS)
    assert assigned["conversation_id"].to_list() == sorted(said)
    assert dict(zip(assigned["conversation_id"], assigned["split"], strict=True)) == splits(said)


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


@settings(max_examples=40, deadline=None)
@given(names=NAMES, twin=st.integers(min_value=0), word=st.sampled_from(["please", "now", ""]))
def test_twins_never_cross_over(names, twin, word):
    said = unlike(names)
    of = names[twin % len(names)]
    after = splits({**said, "zz-twin": f"{said[of]} {word}"})
    assert after["zz-twin"] == after[of] == splits(said)[of]
