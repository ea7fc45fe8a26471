from collections.abc import Iterator
from typing import Any

import pytest
import torch

from chatloop.modeling.replicas import Replicas, draws_random_numbers, replicas
from chatloop.modeling.scoring import Logits


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def backward(logits_of: Logits, ids: torch.Tensor) -> float:
    positions = torch.arange(ids.shape[1]).expand_as(ids)
    loss = logits_of(ids, positions, torch.ones_like(ids[:, 1:], dtype=torch.bool)).square().sum()
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


def gradients(model: Any, rows: list[torch.Tensor], most: int) -> tuple[list[float], list[Any]]:
    with replicas(model, most) as team:
        losses = team.each(backward, rows)
        team.gather_gradients()
        found = [weight.grad.clone() for weight in model.parameters()]
        assert all(w.grad is None for other in team.models[1:] for w in other.parameters())
    model.zero_grad()
    return losses, found


def test_gradients_of_replicas_add_up_to_those_of_one(small_model: Any) -> None:
    rows = [torch.arange(start, start + 9).unsqueeze(0) for start in (3, 30, 200)]
    alone_losses, alone = gradients(small_model, rows, 1)
    losses, shared = gradients(small_model, rows, 2)
    assert losses == pytest.approx(alone_losses)
    for one, other in zip(alone, shared, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    again = gradients(small_model, rows, 2)[1]
    assert all(torch.equal(one, other) for one, other in zip(shared, again, strict=True))


def test_an_update_of_the_model_is_one_of_every_replica(small_model: Any) -> None:
    with replicas(small_model, 2) as team:
        assert len(team) == 2
        with torch.no_grad():
            small_model.get_input_embeddings().weight.add_(1.0)
        for weight, same in zip(*(m.parameters() for m in team.models), strict=True):
            assert torch.equal(weight, same)


def test_no_more_replicas_than_rows_or_threads(small_model: Any) -> None:
    def size(most: int) -> int:
        with replicas(small_model, most) as team:
            assert isinstance(team, Replicas)
            return len(team)

    assert [size(1), size(2), size(9)] == [1, 2, 2]
    assert torch.get_num_threads() == 2


def test_what_fails_in_a_thread_fails_here(small_model: Any) -> None:
    def fail(logits_of: Logits, item: int) -> None:
        raise ValueError(item)

    with replicas(small_model, 2) as team, pytest.raises(ValueError, match="1"):
        team.each(fail, [1, 1])


def test_dropout_is_found(small_model: Any) -> None:
    assert not draws_random_numbers(small_model)
    small_model.transformer.drop.p = 0.1
    assert draws_random_numbers(small_model)
