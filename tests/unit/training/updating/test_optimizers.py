from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from chatloop.params import TrainParams
from chatloop.training.updating.optimizers import Muon, build_optimizers, orthogonalized

PARAMS = TrainParams(
    epochs=1.0, batch_rows=2, optimizer="muon", learning_rate=1e-2, schedule="cosine", rows_at_once=8, warmup_share=0.0,
    weight_decay=0.1, clip_norm=1.0, supervise="all", evaluate_every=50, checkpoint_every=10, device="cpu", threads=1, seed=3,
)  # fmt: skip
SHAPE = {"vocab_size": 50, "bos_token_id": None, "eos_token_id": 1, "pad_token_id": 0}


def llama(tied: bool) -> Any:
    return LlamaForCausalLM(
        LlamaConfig(
            hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
            tie_word_embeddings=tied, **SHAPE,
        )
    )  # fmt: skip


MODELS = {
    "tied": lambda: llama(tied=True),
    "with a head of its own": lambda: llama(tied=False),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(n_embd=16, n_layer=2, n_head=2, **SHAPE)),
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_each_weight_that_learns_has_one_optimizer(kind: str, optimizer: str) -> None:
    model = MODELS[kind]()
    frozen = next(p for p in model.parameters() if p.ndim == 2)
    frozen.requires_grad = False
    optimizers = build_optimizers(model, PARAMS.model_copy(update={"optimizer": optimizer}))
    held = [id(p) for each in optimizers for group in each.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in model.parameters() if p.requires_grad)


@pytest.mark.parametrize("kind", MODELS)
def test_embeddings_and_head_are_no_matter_of_muon(kind: str) -> None:
    model = MODELS[kind]()
    muon = next(each for each in build_optimizers(model, PARAMS) if isinstance(each, Muon))
    names = {id(p): name for name, p in model.named_parameters()}
    held = {names[id(p)] for group in muon.param_groups for p in group["params"]}
    assert held == {
        name
        for name, p in model.named_parameters()
        if p.ndim == 2 and not any(word in name for word in ("embed", "head", "wte", "wpe"))
    }


@settings(deadline=None)
@given(st.integers(1, 24), st.integers(1, 24), st.integers(0, 99), st.sampled_from([1e-6, 1, 1e6]))
def test_all_singular_values_become_about_one(
    rows: int, columns: int, seed: int, size: float
) -> None:
    generator = torch.Generator().manual_seed(seed)
    matrices = torch.randn(2, rows, columns, generator=generator)
    left, values, right = torch.linalg.svd(matrices, full_matrices=False)
    for matrix, u, vh, s in zip(orthogonalized(matrices * size), left, right, values, strict=True):
        made = (u.mT @ matrix @ vh.mT).diagonal()
        assert (made < 1.35).all()
        assert (made[s > 0.01 * s.max()] > 0.5).all()


def test_no_gradient_is_no_update_and_a_zero_gradient_only_decays() -> None:
    idle, still = (torch.nn.Parameter(torch.ones(3, 4)) for _ in range(2))
    still.grad = torch.zeros(3, 4)
    Muon([idle, still], lr=0.1, weight_decay=0.5).step()
    assert torch.equal(idle, torch.ones(3, 4))
    assert torch.allclose(still, torch.full((3, 4), 0.95))


def test_an_update_has_the_size_of_one_of_adamw() -> None:
    weight = torch.nn.Parameter(torch.zeros(64, 256))
    weight.grad = torch.randn(64, 256, generator=torch.Generator().manual_seed(1)) * 1e3
    Muon([weight], lr=1.0, weight_decay=0.0).step()
    assert 0.15 < float(weight.detach().square().mean().sqrt()) < 0.25


def test_it_goes_on_from_its_state_bit_for_bit() -> None:
    generator = torch.Generator().manual_seed(1)
    gradients = torch.randn(4, 5, 7, generator=generator)

    def run(weight: torch.nn.Parameter, optimizer: Muon, steps: torch.Tensor) -> None:
        for gradient in steps:
            weight.grad = gradient.clone()
            optimizer.step()

    whole = torch.nn.Parameter(torch.zeros(5, 7))
    run(whole, Muon([whole], 0.1, 0.1), gradients)
    half = torch.nn.Parameter(torch.zeros(5, 7))
    first = Muon([half], 0.1, 0.1)
    run(half, first, gradients[:2])
    second = Muon([half], 0.1, 0.1)
    second.load_state_dict(first.state_dict())
    run(half, second, gradients[2:])
    assert torch.equal(half, whole)
