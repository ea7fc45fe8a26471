from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    PreTrainedConfig,
    Qwen2Config,
)  # fmt: skip

from chatloop.modeling.compute.attention import (
    NAME,
    attending,
    boundaries,
    by_sequence,
    choose_attention,
    packed_arguments,
)  # fmt: skip

LLAMA_LIKE: dict[str, Any] = {
    "vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 64, "num_key_value_heads": 1, "head_dim": 16,
}  # fmt: skip
SHAPES: dict[str, PreTrainedConfig] = {
    "gpt2": GPT2Config(
        vocab_size=64, n_embd=32, n_layer=2, n_head=2, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0
    ),
    "llama": LlamaConfig(**LLAMA_LIKE),
    "qwen2": Qwen2Config(**LLAMA_LIKE),
    "mistral": MistralConfig(**LLAMA_LIKE, sliding_window=4),
    "gemma2": Gemma2Config(**LLAMA_LIKE, sliding_window=4, attn_logit_softcapping=2.0),
}
LENGTHS = [[9, 3, 4], [1, 1, 14]]


def positions(lengths: list[list[int]] = LENGTHS) -> torch.Tensor:
    return torch.stack([torch.cat([torch.arange(n) for n in row]) for row in lengths])


@pytest.fixture(params=sorted(SHAPES))
def model(request: pytest.FixtureRequest) -> Any:
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(SHAPES[request.param])
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(3.0)  # far from uniform, so that a wrong mask shows
    return model


def learned(model: Any) -> list[torch.Tensor]:
    """Logits of packed rows, and the gradients of all weights."""
    ids = torch.randint(0, 64, (2, 16), generator=torch.Generator().manual_seed(2))
    more = packed_arguments(model, positions())
    logits = model(input_ids=ids, position_ids=positions(), use_cache=False, **more).logits
    model.zero_grad()
    logits.square().mean().backward()
    return [logits.detach(), *(weight.grad.clone() for weight in model.parameters())]


@given(st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_sequences_begin_where_positions_do(lengths: list[int]) -> None:
    found = boundaries(positions([lengths, lengths]))
    assert found["cu_seq_lens_q"].diff().tolist() == lengths * 2
    assert found["cu_seq_lens_k"].dtype == torch.int32
    assert found["max_length_q"] == max(lengths)


def test_packed_rows_are_learned_as_with_a_block_mask(model: Any) -> None:
    own = model.config._attn_implementation
    before = learned(model)
    with attending(model, NAME) as same:
        assert same
        assert model.config._attn_implementation == NAME
        after = learned(model)
    assert model.config._attn_implementation == own
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-5 * float(one.abs().max() + 1))


def test_a_kernel_that_gives_other_logits_is_not_taken(model: Any) -> None:
    own = model.config._attn_implementation
    from transformers import AttentionInterface

    def wrong(_module: Any, query: Any, _key: Any, value: Any, *_: Any, **__: Any) -> Any:
        return torch.zeros_like(query).transpose(1, 2), None

    AttentionInterface.register("chatloop_wrong", wrong)
    with attending(model, "chatloop_wrong") as same:
        assert not same
        assert model.config._attn_implementation == own


def test_a_cpu_keeps_its_own(model: Any) -> None:
    assert choose_attention(model, torch.bfloat16) == model.config._attn_implementation


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("window", [(-1, 0), (3, 0)])
def test_the_kernel_of_cuda_is_what_its_definition_says(window: tuple[int, int]) -> None:
    from torch.nn.attention.varlen import varlen_attn

    torch.manual_seed(0)
    ends = boundaries(positions().cuda())
    sizes = [(32, 4, 64), (32, 2, 64), (32, 2, 64)]
    tensors = [torch.randn(s, device="cuda", dtype=torch.bfloat16) for s in sizes]
    found = []
    for kernel in (varlen_attn, by_sequence):
        inputs = [one.clone().requires_grad_() for one in tensors]
        out: Any = kernel(*inputs, *ends.values(), scale=0.1, window_size=window, enable_gqa=True)  # type: ignore[operator]
        out.float().square().sum().backward()
        found.append([out.detach(), *(one.grad for one in inputs)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=0.05, atol=0.05)
