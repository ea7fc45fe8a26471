"""Losses against the papers' formulas, written out, and against TRL where it is installed."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from chatloop.modeling.scoring import batch_of, sparse_logits
from chatloop.params import TrainParams
from chatloop.tokens.example import Example
from chatloop.tokens.packing import Packed, pack, pack_groups
from chatloop.training.loop import train_model
from chatloop.training.objectives import (
    SFT,
    Batch,
    Objective,
    dpo,
    kto,
    log_probabilities,
    mismatched,
)

BETA = 0.3
PARAMS = TrainParams(
    epochs=8.0, batch_rows=2, optimizer="adamw", learning_rate=3e-3, schedule="linear", supervise="all",
    rows_at_once=8, warmup_share=0.0, weight_decay=0.0, clip_norm=1.0, evaluate_every=50,
    checkpoint_every=10, device="cpu", threads=1, seed=3,
)  # fmt: skip
LIKED = np.array([True, False, False, True])


def example(seed: int, prompt: int, answer: int, prompt_seed: int = 0) -> Example:
    asked = np.random.default_rng(100 + prompt_seed).integers(3, 250, prompt)
    said = np.random.default_rng(seed).integers(3, 250, answer)
    supervised = np.arange(prompt + answer) >= prompt
    ids = np.concatenate((asked, said)).astype(np.int32)
    return Example(ids, supervised, ((1, prompt + answer),), answer)


def pairs() -> list[tuple[Example, Example]]:
    return [(example(at, 4 + at, 5, at), example(50 + at, 4 + at, 3 + at, at)) for at in range(4)]


def tilted(model: Any) -> Any:
    """Another model of the same shape: one that has moved away from its reference."""
    torch.manual_seed(5)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.05 * torch.randn_like(weight))
    return model


def plain_log_probability(model: Any, one: Example) -> float:
    """By hand: the whole model on this example alone, one token after the other."""
    with torch.no_grad():
        logits = model(input_ids=torch.from_numpy(one.ids.astype(np.int64))[None]).logits[0]
    chances = torch.log_softmax(logits.double(), dim=-1)
    places = np.flatnonzero(one.supervised)
    return float(sum(chances[at - 1, int(one.ids[at])] for at in places))


def mean(objective: Objective, model: Any, packed: Packed) -> float:
    rows = np.arange(len(packed))
    examples = torch.from_numpy(packed.examples.astype(np.int64))
    batch = Batch(*batch_of(packed, rows, torch.device("cpu")), examples)
    with torch.no_grad():
        loss = objective.loss(sparse_logits(model), batch)
    return float(loss) / objective.size(packed, rows)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_sft_is_the_mean_over_the_supervised_tokens(small_model: Any) -> None:
    examples = [one for pair in pairs() for one in pair]
    total = -sum(plain_log_probability(small_model, one) for one in examples)
    expected = total / sum(int(one.supervised.sum()) for one in examples)
    assert mean(SFT, small_model, pack(examples, 24, 0)) == pytest.approx(expected, abs=1e-5)


def test_dpo_is_the_papers_formula(small_model: Any) -> None:
    packed = pack_groups(pairs(), 48, 0)
    reference = log_probabilities(small_model, packed, 2)
    before = [[plain_log_probability(small_model, one) for one in pair] for pair in pairs()]
    assert reference.reshape(-1, 2) == pytest.approx(np.array(before), abs=1e-4)
    assert mean(dpo(reference, BETA), small_model, packed) == pytest.approx(math.log(2), abs=1e-5)
    model = tilted(small_model)
    after = [[plain_log_probability(model, one) for one in pair] for pair in pairs()]
    expected = np.mean([
        -math.log(sigmoid(BETA * ((a[0] - b[0]) - (a[1] - b[1]))))
        for a, b in zip(after, before, strict=True)
    ])  # fmt: skip
    assert mean(dpo(reference, BETA), model, packed) == pytest.approx(expected, abs=1e-4)


def kto_groups() -> list[tuple[Example, Example]]:
    answers = [one for one, _ in pairs()]
    return list(zip(answers, mismatched(answers), strict=True))


def test_kto_is_the_papers_formula(small_model: Any) -> None:
    groups = kto_groups()
    packed = pack_groups(groups, 64, 0)
    reference = log_probabilities(small_model, packed, 2)
    before = [[plain_log_probability(small_model, one) for one in group] for group in groups]
    model = tilted(small_model)
    after = [[plain_log_probability(model, one) for one in group] for group in groups]
    moved = np.array(after) - np.array(before)
    divergence = max(0.0, float(moved[:, 1].mean()))
    values = [
        (1.0 if up else 0.7) * (1 - sigmoid(BETA * (1 if up else -1) * (ratio - divergence)))
        for up, ratio in zip(LIKED, moved[:, 0], strict=True)
    ]
    objective = kto(reference, LIKED, BETA, weights=(1.0, 0.7))
    assert mean(objective, model, packed) == pytest.approx(float(np.mean(values)), abs=1e-4)


def test_a_mismatched_example_has_its_prompt_and_another_answer() -> None:
    first, second = (one for one, _ in pairs()[:2])
    other = mismatched([first, second])[1]
    assert other.ids[other.supervised].tolist() == first.ids[first.supervised].tolist()
    assert other.ids[~other.supervised].tolist() == second.ids[~second.supervised].tolist()
    assert other.ends == ((1, len(other.ids)),)


@pytest.mark.parametrize("name", ["dpo", "kto"])
def test_the_same_loop_trains_on_preferences(small_model: Any, name: str) -> None:
    packed = pack_groups(pairs() if name == "dpo" else kto_groups(), 48, 0)
    reference = log_probabilities(small_model, packed, 2)
    make: dict[str, Callable[[], Objective]] = {
        "dpo": lambda: dpo(reference, BETA),
        "kto": lambda: kto(reference, LIKED, BETA),
    }
    objective = make[name]()
    before = mean(objective, small_model, packed)
    points = list(train_model(small_model, packed, packed, 10, PARAMS, objective=objective))
    assert points[-1].step == points[-1].steps
    assert mean(objective, small_model.eval(), packed) < before - 0.05
