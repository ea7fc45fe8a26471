import logging
from typing import Any

import pytest
import torch

from chatloop.modeling.compute import precision
from chatloop.modeling.compute.compiling import Compiled, choose_compiling
from chatloop.modeling.compute.computing import MARK, computes, computing
from chatloop.modeling.compute.precision import choose_precision
from chatloop.modeling.scoring import sparse_logits, supervised_nats
from chatloop.params import TrainParams

CPU = torch.device("cpu")
PARAMS = TrainParams(
    epochs=1.0, batch_rows=2, optimizer="adamw", learning_rate=1e-2, schedule="cosine", rows_at_once=8, warmup_share=0.1, weight_decay=0.0,
    clip_norm=1.0, evaluate_every=50, checkpoint_every=10, device="cpu", threads=2, seed=3,
)  # fmt: skip


def gradients(model: Any) -> list[torch.Tensor]:
    ids = torch.randint(0, 256, (2, 12), generator=torch.Generator().manual_seed(0))
    positions = torch.cat([torch.arange(5), torch.arange(7)]).expand(2, -1)
    model.zero_grad()
    nats = supervised_nats(sparse_logits(model), ids, positions, positions > 1)
    nats.sum().backward()
    return [nats.detach(), *(weight.grad.clone() for weight in model.parameters())]


@pytest.mark.parametrize("change", [{"recompute": True}, {"precision": "bf16"}])
def test_gradients_are_those_of_the_plain_way(small_model: Any, change: dict[str, Any]) -> None:
    small_model.train()
    expected = gradients(small_model)
    with computing(small_model, PARAMS.model_copy(update=change), 1000):
        found, again = gradients(small_model), gradients(small_model)
    assert all(torch.equal(a, b) for a, b in zip(found, again, strict=True))
    share = 0.05 if "precision" in change else 1e-6
    for one, other in zip(expected, found, strict=True):
        assert other.dtype == torch.float32
        assert float((one - other).norm()) <= share * float(one.norm()) + 1e-6
    assert not hasattr(small_model, MARK)
    assert all(torch.equal(a, b) for a, b in zip(expected, gradients(small_model), strict=True))


def test_recompute_really_keeps_less(small_model: Any) -> None:
    def kept() -> int:
        sizes: list[int] = []

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            sizes.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            gradients(small_model)
        return sum(sizes)

    small_model.train()
    plain = kept()
    with computing(small_model, PARAMS.model_copy(update={"recompute": True}), 1000):
        assert kept() < plain / 2


@pytest.mark.parametrize("fast", [True, False])
def test_auto_is_what_the_machine_multiplies_faster(
    fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "half_pays", lambda: fast)
    large = choose_precision("auto", CPU, 20_000_000)
    assert large == (torch.bfloat16 if fast else torch.float32)
    assert choose_precision("auto", CPU, 2_000_000) == torch.float32
    assert choose_precision("bf16", CPU, 2_000_000) == torch.bfloat16
    assert choose_precision("fp32", CPU, 20_000_000) == torch.float32


def test_a_short_training_is_not_compiled_and_a_long_one_says_why(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "sh")  # any command that is there
    assert not choose_compiling("auto", CPU, 1e13)
    assert not choose_compiling(False, CPU, 1e16)
    assert not caplog.messages
    assert choose_compiling("auto", CPU, 1e15)
    assert choose_compiling(True, CPU, 1.0)
    assert [message.split(": ")[1] for message in caplog.messages] == [
        "1.0e+15 operations are worth it", "asked for",
    ]  # fmt: skip


def test_without_a_compiler_it_goes_on(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert not choose_compiling(True, CPU, 1e16)
    assert caplog.messages == [
        "torch.compile needs a C++ compiler (no-such-compiler): goes on without it"
    ]


def plain(ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    return (ids + positions).float() * torch.ones(1, requires_grad=True)


def test_one_shape_is_compiled_and_all_others_are_plain() -> None:
    compiled = Compiled(plain, backend="eager")
    for rows in (2, 1, 2):
        ids = torch.arange(3).expand(rows, -1)
        assert torch.equal(compiled(ids, ids), plain(ids, ids))
    assert compiled._shape == (2, 3)


def test_a_compiler_that_fails_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    def fails(graph: Any, inputs: Any) -> Any:
        raise ValueError("no such instruction")

    caplog.set_level(logging.WARNING)
    torch._dynamo.reset()
    compiled = Compiled(plain, backend=fails)  # type: ignore[arg-type]
    ids = torch.arange(3).expand(1, -1)
    assert torch.equal(compiled(ids, ids), plain(ids, ids))
    assert len([m for m in caplog.messages if m.startswith("torch.compile failed")]) == 1


def test_nobody_chose(small_model: Any) -> None:
    assert computes(small_model).precision == torch.float32
    assert not computes(small_model).compiled
