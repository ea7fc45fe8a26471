import polars as pl

from chatloop.duplicates.exchanges import (
    Familiarity,
    Known,
    exchanges,
    repeats_of,
    said,
    with_exchange,
)
from chatloop.duplicates.index import near_duplicates
from chatloop.io.tables import TURNS
from chatloop.params.data import Contamination, NearDuplicates

TWINS = NearDuplicates(threshold=0.7, permutations=128, shingle_words=2, seed=1)
LONG = "please send it back within thirty days and we will pay you at once"


def table(*talks: list[tuple[str, str]]) -> pl.DataFrame:
    names = {"s": "system", "u": "user", "a": "assistant"}
    rows = [
        (f"c{n}", turn, names[role], text, [], "test")
        for n, talk in enumerate(talks)
        for turn, (role, text) in enumerate(talk)
    ]
    return pl.DataFrame(rows, schema=TURNS, orient="row")


def named(turns: pl.DataFrame) -> list[str | None]:
    """The exchange of each turn."""
    found = exchanges(turns)
    repeated = repeats_of(found, near_duplicates(said(found), TWINS))
    return with_exchange(turns, found, repeated)["exchange"].to_list()


def known(held_out: pl.Series, training: pl.Series, params: Contamination) -> Known:
    familiar = Familiarity(params)
    familiar.hold_out(held_out)
    familiar.train(training)
    return familiar.known()


def test_an_exchange_is_a_question_and_the_answer_right_behind_it():
    turns = table(
        [("s", "Be kind"), ("u", "Hi  there"), ("a", "Hello"), ("u", "Bye")], [("a", "x")]
    )
    assert exchanges(turns.reverse()).rows() == [("c0", 1, "hi there", "hello")]


def test_exchanges_that_say_the_same_are_one_cluster_named_by_the_first():
    talk = [("u", "where is my parcel now"), ("a", "it left us today in the morning")]
    again = [("u", "Where is my parcel now"), ("a", "It left us today in the morning!")]
    turns = table(talk, [("u", "hi"), ("a", "ho"), *again], talk)
    assert named(turns) == ["c0:0"] * 2 + ["c1:0"] * 2 + ["c0:0"] * 4


def test_a_turn_without_an_exchange_has_no_name():
    turns = table([("s", "Be kind"), ("u", "q"), ("a", "r"), ("u", "last")])
    assert named(turns) == [None, "c0:1", "c0:1", None]


def test_what_one_conversation_asked_is_not_answered_by_the_next():
    assert exchanges(table([("u", "anyone there")], [("a", "hello")])).is_empty()


def test_a_text_is_known_when_most_of_its_shingles_stand_anywhere_in_training():
    params = Contamination(shingle_words=4, min_overlap=0.6, max_share=1.0)
    training = pl.Series([f"so {LONG} my friend", "hi"])
    held_out = pl.Series(
        [LONG, f"{LONG} or", "one two three four five six", "hi", "and then what is it"]
    )
    assert known(held_out, training, params) == Known(4, 2)
    assert known(held_out, training, params).share == 0.5
    assert known(pl.Series(["hi"]), training, params) == Known(0, 0)
    assert known(held_out, pl.Series([], dtype=pl.String), params) == Known(4, 0)
