from typing import Any

import pytest
import torch
from torch import Tensor

from chatloop.modeling.compute import cross_entropy
from chatloop.modeling.compute.cross_entropy import Head

PLACES = {"hidden": 0, "weight": 1, "bias": 2}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross_entropy, "CHUNK_BYTES", {"cpu": 16 * 4 * 101})


def tensors(bias: bool) -> list[Tensor]:
    torch.manual_seed(3)
    shapes = [(50, 24), (101, 24), *([(101,)] if bias else [])]
    return [torch.randn(shape).requires_grad_() for shape in shapes]


def plain(head: Head, hidden: Tensor, targets: Tensor) -> Tensor:
    return torch.nn.functional.cross_entropy(head.logits(hidden), targets, reduction="none")


KINDS: dict[str, dict[str, Any]] = {
    "plain": {}, "scaled": {"scale": 0.25}, "capped": {"cap": 3.0}, "both": {"scale": 2.0, "cap": 5.0},
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shares", ["alike", "unlike", "unlike after all"])
def test_nats_and_gradients_are_those_of_all_logits_at_once(
    kind: str, bias: bool, shares: str
) -> None:
    targets = torch.randint(0, 101, (50,), generator=torch.Generator().manual_seed(1))
    weights = torch.full((50,), 0.02) if shares == "alike" else torch.linspace(-1.0, 1.0, 50)
    found = []
    for nats_of in (
        plain,
        lambda head, hidden, targets: head.nats(hidden, targets, alike=shares != "unlike"),
    ):
        hidden, *rest = tensors(bias)
        nats = nats_of(Head(*rest, **KINDS[kind]), hidden, targets)
        (nats * weights).sum().backward()
        found.append([nats.detach(), *(tensor.grad for tensor in (hidden, *rest))])
    for one, other in zip(*found, strict=True):
        assert one is not None
        scale = float(one.abs().max())
        torch.testing.assert_close(other, one, rtol=1e-6, atol=1e-6 * scale)


def test_what_is_frozen_gets_no_gradient() -> None:
    hidden, weight = tensors(False)
    weight.requires_grad_(False)
    Head(weight).nats(hidden, torch.zeros(50, dtype=torch.long)).sum().backward()
    assert weight.grad is None
    assert hidden.grad is not None


def test_a_target_that_is_next_to_impossible_has_a_number() -> None:
    hidden, weight = torch.eye(4) * 400.0, torch.eye(4)
    nats = Head(weight).nats(hidden, torch.tensor([1, 2, 3, 3]))
    assert nats.tolist() == pytest.approx([400.0, 400.0, 400.0, 0.0], abs=1e-4)


def test_no_token_costs_nothing() -> None:
    hidden, weight = tensors(False)
    Head(weight).nats(hidden[:0], torch.zeros(0, dtype=torch.long)).sum().backward()
    assert weight.grad is not None
    assert not weight.grad.any()


def test_half_precision_keeps_softmax_and_sums_in_float32() -> None:
    targets = torch.randint(0, 101, (50,), generator=torch.Generator().manual_seed(1))
    hidden, weight = tensors(False)
    with torch.no_grad():
        weight.mul_(0.2)
    exact = plain(Head(weight), hidden, targets)
    with torch.autocast("cpu", torch.bfloat16):
        nats = Head(weight).nats(hidden, targets)
    nats.sum().backward()
    assert nats.dtype == torch.float32
    assert weight.grad is not None
    assert weight.grad.dtype == torch.float32
    torch.testing.assert_close(nats, exact, rtol=0.05, atol=0.05)
