"""Each setting against a plain reading of what it means; no vectors, no tricks."""

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.serve.engines.sampling import Sampler
from chatloop.serve.model import Sampling

PROMPT = [1, 2, 2, 5]
LOGITS = np.random.default_rng(3).normal(0, 3, 40).astype(np.float32)


def shaped(logits: np.ndarray, wish: Sampling, said: list[int]) -> dict[int, float]:
    """Penalties and bias, token by token."""
    found = {}
    for token, value in enumerate(map(float, logits)):
        factor = wish.repetition_penalty if token in PROMPT or token in said else 1.0
        times = Counter(said)[token]
        found[token] = value / factor if value > 0 else value * factor
        found[token] -= wish.frequency_penalty * times + (wish.presence_penalty if times else 0.0)
        found[token] += wish.logit_bias.get(token, 0.0)
    return found


def left_in(values: dict[int, float], wish: Sampling) -> dict[int, float]:
    """Tokens that may be drawn with their probabilities: temperature, top-k, top-p, min-p."""
    peak = max(values.values())
    weights = {t: math.exp((v - peak) / wish.temperature) for t, v in values.items()}
    ranked = sorted(weights, key=lambda t: (-weights[t], t))
    if wish.top_k:
        ranked = ranked[: wish.top_k]
    total, kept, mass = sum(weights[t] for t in ranked), [], 0.0
    for token in ranked:
        if kept and mass >= wish.top_p * total:
            break
        kept.append(token)
        mass += weights[token]
    kept = [t for t in kept if weights[t] >= wish.min_p * weights[ranked[0]]]
    whole = sum(weights[t] for t in kept)
    return {t: weights[t] / whole for t in kept}


WISHES = st.builds(
    Sampling,
    temperature=st.sampled_from([0.3, 0.7, 1.0, 1.7]),
    top_p=st.sampled_from([0.05, 0.5, 0.9, 1.0]),
    top_k=st.sampled_from([0, 1, 3, 10, 100]),
    min_p=st.sampled_from([0.0, 0.05, 0.3]),
    presence_penalty=st.sampled_from([-1.0, 0.0, 1.5]),
    frequency_penalty=st.sampled_from([-0.5, 0.0, 0.8]),
    repetition_penalty=st.sampled_from([0.8, 1.0, 1.3]),
    logit_bias=st.sampled_from([{}, {7: 5.0, 9: -100.0, 400: 3.0}]),
    seed=st.integers(0, 2**32),
)


@given(WISHES)
@settings(max_examples=150, deadline=None)
def test_only_what_the_settings_leave_in_is_drawn(wish: Sampling) -> None:
    sampler, said = Sampler(wish, PROMPT), []
    for _ in range(4):
        allowed = left_in(shaped(LOGITS, wish, said), wish)
        said.append(sampler.draw(LOGITS).id)
        assert said[-1] in allowed


@given(WISHES.map(lambda wish: replace(wish, temperature=0.0)))
@settings(max_examples=50, deadline=None)
def test_greedy_takes_the_likeliest_after_penalties_and_bias(wish: Sampling) -> None:
    sampler, said = Sampler(wish, PROMPT), []
    for _ in range(6):
        values = shaped(LOGITS, wish, said)
        said.append(sampler.draw(LOGITS).id)
        assert values[said[-1]] == pytest.approx(max(values.values()), abs=1e-4)


@pytest.mark.parametrize(
    "wish",
    [
        Sampling(temperature=1.0),
        Sampling(temperature=2.0, top_k=5),
        Sampling(temperature=1.5, top_p=0.8),
        Sampling(temperature=1.5, min_p=0.1, top_p=0.95, top_k=12),
    ],
)
def test_tokens_come_as_often_as_they_are_likely(wish: Sampling) -> None:
    allowed, times = left_in(shaped(LOGITS, wish, []), wish), 3000
    drawn = Counter(
        Sampler(replace(wish, seed=seed), PROMPT).draw(LOGITS).id for seed in range(times)
    )
    assert set(drawn) <= set(allowed)
    for token, share in allowed.items():
        spread = math.sqrt(share * (1 - share) / times)
        assert abs(drawn[token] / times - share) < 5 * spread + 1e-3


@pytest.mark.parametrize(
    ("one", "other"),
    [({"presence_penalty": 0.5}, {"frequency_penalty": 0.5}),
     ({"presence_penalty": 1.2}, {"repetition_penalty": 1.2})],
)  # fmt: skip
def test_penalties_are_not_each_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    def logprobs(given: dict[str, Any]) -> list[float]:
        return sorted(shaped(LOGITS, Sampling(**given), [3, 3, 4]).values())

    assert logprobs(one) != logprobs(other)


def test_a_seed_decides_and_its_absence_does_not() -> None:
    def answer(seed: int | None) -> list[int]:
        sampler = Sampler(Sampling(temperature=2.0, seed=seed), PROMPT)
        return [sampler.draw(LOGITS).id for _ in range(30)]

    assert answer(7) == answer(7)
    assert answer(7) != answer(8)
    assert answer(None) != answer(None)


def test_logprobs_are_the_models_own_whatever_the_settings() -> None:
    wish = Sampling(temperature=0.2, logit_bias={9: 100.0}, top_logprobs=3)
    drawn = Sampler(wish, PROMPT).draw(LOGITS)
    right = LOGITS - np.log(np.exp(LOGITS.astype(np.float64)).sum())
    assert drawn.id == 9
    assert drawn.logprob == pytest.approx(right[9], abs=1e-5)
    assert [token for token, _ in drawn.top] == np.argsort(-LOGITS)[:3].tolist()


def test_a_wide_nucleus_over_a_large_vocabulary_is_not_cut() -> None:
    flat = np.zeros(5000, dtype=np.float32)
    drawn = {
        Sampler(Sampling(temperature=1.0, top_p=0.9, seed=s), [0]).draw(flat).id for s in range(900)
    }
    assert len(drawn) > 700
    assert max(drawn) < 4500
