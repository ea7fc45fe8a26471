import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatloop.monitoring.prompts import (
    Sketch,
    Topics,
    by_chance,
    capped,
    learn_topics,
    sketch,
)
from chatloop.monitoring.signals import Signal
from chatloop.monitoring.signals import drift as drift_signal
from chatloop.params.operating import PromptDrift
from chatloop.reporting.data.drift import drift

LIMITS = PromptDrift(
    window=2000, min_prompts=300, max_population_stability_index=0.25,
    max_jensen_shannon_divergence=0.05,
)  # fmt: skip
WORDS = {
    "delivery": [
        "parcel",
        "courier",
        "late",
        "tracking",
        "address",
        "door",
        "street",
        "van",
        "depot",
    ],
    "refund": ["money", "back", "refund", "card", "bank", "charge", "receipt", "amount", "pay"],
}
COMMON = [
    "hello",
    "please",
    "where",
    "is",
    "my",
    "the",
    "order",
    "can",
    "you",
    "i",
    "a",
    "to",
    "and",
    "when",
]


def prompts(count: int, seed: int, refund: float = 0.5, words: int = 8) -> list[tuple[str, str]]:
    """(topic, text), so many of them about refunds."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        topic = "refund" if chance.random() < refund else "delivery"
        said = chance.choices(COMMON, k=words // 2) + chance.choices(WORDS[topic], k=words // 2)
        found.append((topic, " ".join(said)))
    return found


@pytest.fixture(scope="module")
def training() -> tuple[Sketch, Topics]:
    said = prompts(4000, 1)
    texts = pl.Series([text for _, text in said])
    topics = learn_topics(texts, pl.Series([topic for topic, _ in said]))
    return sketch(texts, topics), topics


def look(said: list[tuple[str, str]], training: tuple[Sketch, Topics]) -> Signal:
    now = sketch(pl.Series([text for _, text in said], dtype=pl.String), training[1])
    found = drift(now.profile, training[0].profile)
    return drift_signal(found, by_chance(now, training[0]), now.prompts, LIMITS)


@pytest.mark.parametrize("count", [300, 1000, 2000])
def test_more_of_the_same_is_no_drift_whatever_the_size(
    count: int, training: tuple[Sketch, Topics]
) -> None:
    for seed in range(5):
        assert not look(prompts(count, 100 + seed), training).fired


def test_another_mix_of_topics_longer_prompts_and_new_words_are_drift(
    training: tuple[Sketch, Topics],
) -> None:
    assert look(prompts(600, 2, refund=0.95), training).reason.startswith(
        "topics, vocabulary drifted"
    )
    assert "length drifted" in look(prompts(600, 3, words=24), training).reason
    new = [("x", f"quantum banana number {n % 7} sings a song of the sea") for n in range(600)]
    assert "vocabulary" in look(new, training).reason


def test_few_prompts_say_nothing(training: tuple[Sketch, Topics]) -> None:
    found = look(prompts(299, 4, refund=1.0), training)
    assert not found.fired
    assert found.reason == "299 stored prompts, 300 are needed to tell"


def test_topics_are_told_by_their_words(training: tuple[Sketch, Topics]) -> None:
    said = prompts(500, 5)
    found = sketch(pl.Series([text for _, text in said]), training[1]).profile["topics"]
    meant = sum(topic == "refund" for topic, _ in said)
    assert abs(found["refund"] - meant) <= 5


def test_without_topics_length_and_vocabulary_are_compared() -> None:
    texts = pl.Series(["hello there", "where is my order"])
    none = learn_topics(texts, pl.Series([None, None], dtype=pl.String))
    assert set(drift(sketch(texts, none).profile, sketch(texts, none).profile)) == {
        "turn_words", "vocabulary",
    }  # fmt: skip


def test_of_one_caller_only_some_count() -> None:
    loud = [("h:loud", f"buy {n}") for n in range(50)]
    assert len(capped([*loud, ("h:other", "hello")], per_caller=5)) == 6


@given(st.lists(st.text(max_size=30), max_size=30))
def test_any_prompts_can_be_counted(training: tuple[Sketch, Topics], texts: list[str]) -> None:
    found = sketch(pl.Series(texts, dtype=pl.String), training[1])
    assert sum(found.profile["turn_words"]) == found.prompts == len(texts)
    assert sum(found.profile["vocabulary"]["buckets"]) == found.words
    assert sum(found.profile["topics"].values()) <= len(texts)
