"""Judged answers as groups, their loss, and what is replayed beside them."""

from typing import Any

import numpy as np
import pytest
import torch

from chatloop.conversation import Message, Preference
from chatloop.modeling.scoring import batch_of, sparse_logits
from chatloop.tokens.example import Example
from chatloop.tokens.packing import Packed, pack
from chatloop.tokens.rendering import Renderer
from chatloop.training.objectives import Batch, dpo, kto, log_probabilities
from chatloop.training.preference.grouping import grouped
from chatloop.training.preference.objective import Judged, balanced, preferences, with_replay
from tests.judged import align_params

ASKED = (Message("user", "hi"), Message("assistant", "hello"), Message("user", "where is it?"))
LEFT, NO = (Message("assistant", "your order left us today"),), (Message("assistant", "no"),)
JUDGED = [
    Preference("a", ASKED, LEFT, NO),
    Preference("b", ASKED, (), NO),
    Preference("c", ASKED[:1], LEFT, ()),
    Preference("d", ASKED[:1], LEFT, (Message("assistant", "no " * 99),)),
]


def told(packed: Packed, example: int, renderer: Renderer) -> str:
    mine = packed.supervised & (packed.examples == example)
    return str(renderer.tokenizer.decode(packed.ids[mine]))


def test_only_what_was_judged_is_supervised_and_what_does_not_fit_is_named(chatml: Any) -> None:
    renderer = Renderer(chatml)
    found = grouped(JUDGED, renderer, 90)
    assert found.too_long == ("d",)
    assert found.pairs.tolist() == [True, False, False]
    assert found.liked.tolist() == [True, False, True]
    texts = [told(found.packed, at, renderer) for at in range(6)]
    left, no = "your order left us today<|im_end|>", "no<|im_end|>"
    assert texts == [left, no, no, left, left, no]
    assert found.packed.ids.shape[1] == 180


def test_nothing_fits(chatml: Any) -> None:
    assert len(grouped(JUDGED, Renderer(chatml), 8)) == 0


def mean(objective: Any, model: Any, packed: Packed) -> float:
    rows = np.arange(len(packed))
    examples = torch.from_numpy(packed.examples.astype(np.int64))
    with torch.no_grad():
        batch = Batch(*batch_of(packed, rows, torch.device("cpu")), examples)
        return float(objective.loss(sparse_logits(model), batch)) / objective.size(packed, rows)


def test_the_loss_is_that_of_dpo_and_kto_and_of_what_is_replayed(
    small_model: Any, chatml: Any
) -> None:
    renderer, params = Renderer(chatml), align_params(beta=0.3)
    packs = [grouped(some, renderer, 90) for some in (JUDGED[:1], JUDGED[1:3], JUDGED[:3])]
    pairs, thumbs, both = packs
    before = [log_probabilities(small_model, one.packed, 2) for one in packs]
    torch.manual_seed(5)
    with torch.no_grad():
        for weight in small_model.parameters():
            weight.add_(0.05 * torch.randn_like(weight))
    one = mean(dpo(before[0], 0.3), small_model, pairs.packed)
    two = mean(kto(before[1], thumbs.liked, 0.3), small_model, thumbs.packed)
    objective = preferences(Judged(before[2], both.pairs, both.liked), params)
    assert mean(objective, small_model, both.packed) == pytest.approx((one + 2 * two) / 3, abs=1e-5)

    ids = np.arange(3, 93, dtype=np.int32)
    train = pack([Example(ids, ids > 50, ((1, 90),), 5)] * 2, 90, 0)
    rows = with_replay(both.packed, train, 1.0, seed=1)
    assert objective.size(rows, np.arange(len(rows))) == 3 + 2
    nats = -log_probabilities(small_model, train, 2) / int((ids > 50).sum())
    expected = (one + 2 * two + nats.sum()) / 5
    assert mean(objective, small_model, rows) == pytest.approx(expected, abs=1e-5)


def test_rows_are_replayed_by_share_always_the_same_and_never_more_than_there_are(
    chatml: Any,
) -> None:
    groups = grouped(JUDGED[:3], Renderer(chatml), 90).packed
    ids = np.arange(3, 93, dtype=np.int32)
    train = pack([Example(ids + at, ids > 50, ((1, 90),), 5) for at in range(9)], 90, 0)
    assert with_replay(groups, train, 0.0, 1) is groups
    rows = with_replay(groups, train, 2.0, 1)
    assert len(rows) == 3 * len(groups)
    assert np.array_equal(rows.ids, with_replay(groups, train, 2.0, 1).ids)
    assert len(with_replay(groups, train, 99.0, 1)) == len(groups) + 4


@pytest.mark.parametrize(
    ("ups", "downs", "expected"),
    [(5, 5, (1.0, 1.0)), (1, 3, (2.0, 2 / 3)), (1, 99, (4.0, 100 / 198)), (3, 0, (1.0, 1.0))],
)
def test_thumbs_up_and_down_weigh_the_same_up_to_a_limit(
    ups: int, downs: int, expected: tuple[float, float]
) -> None:
    liked = np.array([True] * ups + [False] * downs + [True])
    pairs = np.array([False] * (ups + downs) + [True])
    found = balanced(Judged(np.zeros(2 * len(liked)), pairs, liked), align_params())
    assert found == pytest.approx(expected)
