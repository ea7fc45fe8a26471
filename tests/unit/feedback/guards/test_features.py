"""What a reader takes for the same is the same, and a phrase is found again in words."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.feedback.guards.background import Background
from chatloop.feedback.guards.features import features, phrases
from chatloop.feedback.guards.lift import log_odds
from chatloop.feedback.guards.skeleton import marks, skeletons


@pytest.mark.parametrize(
    "text",
    [
        "blue orchid",
        "ВLUE orсhid",
        "blue\u200b orchid",
        "ｂｌｕｅ orchid",
        "blu\u0301e ORCHID",
        "b1ue 0rchid",
        "𝐛𝐥𝐮𝐞 orchid",
    ],
)
def test_disguises_have_one_skeleton(text: str) -> None:
    assert skeletons(pl.Series([text])).to_list() == ["blue orchid"]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("сору", "script:cyrillic"), ("orсhid", "mixed scripts in a word"), ("a §§ b", "sign:§§"),
        ("a🪐", "sign:🪐"), ("a\u200bb", "invisible:U+200B"),
    ],
)  # fmt: skip
def test_what_is_odd_is_marked(text: str, mark: str) -> None:
    ((_, found),) = marks(pl.Series([text]))
    assert mark in found


def test_plain_sentences_have_no_marks() -> None:
    assert not [
        *marks(pl.Series(["Where's order #48213 (the 2nd) now? It costs $5, I think!", None]))
    ]


def test_words_that_are_pulled_apart_have_their_letters_in_common() -> None:
    texts = pl.Series(["b.l.u.e-orchid", "blue or_chid"])
    found = features(texts, "prompt", 3)
    shared = set(found.filter(row=0)["hash"]) & set(found.filter(row=1)["hash"])
    assert set(phrases(texts[0], "prompt", shared, 3).values()) >= {"…blueor…", "…orchid…"}


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40), st.sampled_from(["prompt", "answer"]))
def test_every_feature_has_words_and_each_is_there_once(text: str, side: str) -> None:
    found = features(pl.Series([text]), side, 3)
    assert found["hash"].is_unique().all()
    assert set(phrases(text, side, found["hash"].to_list(), 3)) == set(found["hash"])


def test_log_odds_are_those_of_monroe_and_others() -> None:
    delta, z = log_odds(np.array([40]), 750, np.array([140]), 7000)
    prior = 100 * 180.5 / 7751
    mine, other = 40 + prior, 140 + prior
    odds = np.log(mine / (850 - mine)) - np.log(other / (7100 - other))
    assert delta[0] == pytest.approx(odds)
    assert z[0] == pytest.approx(odds / np.sqrt(1 / mine + 1 / other))


def test_the_background_is_a_sample_that_does_not_depend_on_how_it_was_told() -> None:
    turns = pl.DataFrame(
        {"conversation_id": [f"c-{at // 2}" for at in range(400)], "role": ["user", "assistant"] * 200,
         "content": [f"words {at}" for at in range(400)]}
    )  # fmt: skip
    whole, parts = Background(100, 2), Background(100, 2)
    whole.add(turns)
    for at in range(0, 400, 30):
        parts.add(turns[at : at + 30])
    assert 0 < whole.total("prompt") <= 100
    known = features(turns["content"], "prompt", 2)["hash"].to_numpy()
    assert (whole.counts("prompt", known) == parts.counts("prompt", known)).all()
    assert whole.total("answer") == parts.total("answer")
