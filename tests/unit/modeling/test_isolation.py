from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    BloomConfig,
    FalconConfig,
    Gemma2Config,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    OPTConfig,
    Phi3Config,
    PreTrainedConfig,
    Qwen3Config,
)

from chatloop.errors import UserError
from chatloop.modeling.isolation import check_isolated

SIZE = {"vocab_size": 64, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
BODY = SIZE | {"intermediate_size": 32, "pad_token_id": 0}
APART: dict[str, PreTrainedConfig] = {
    "gpt2": GPT2Config(vocab_size=64, n_embd=16, n_layer=1, n_head=2),  # dropout is off here
    "llama": LlamaConfig(**BODY),
    "qwen3": Qwen3Config(**BODY, head_dim=8, num_key_value_heads=1),
    "mistral": MistralConfig(**BODY, num_key_value_heads=1, sliding_window=4),
    "gemma2": Gemma2Config(**BODY, head_dim=8, num_key_value_heads=1, sliding_window=4),
    "phi3": Phi3Config(**BODY),
    "neox": GPTNeoXConfig(**BODY),
}
TOGETHER: dict[str, PreTrainedConfig] = {
    "opt": OPTConfig(**SIZE, word_embed_proj_dim=16, ffn_dim=32, pad_token_id=0),
    "falcon": FalconConfig(**SIZE),
    "falcon with alibi": FalconConfig(**SIZE, alibi=True),
    "bloom": BloomConfig(vocab_size=64, hidden_size=16, n_layer=1, n_head=2),
    "mamba": MambaConfig(vocab_size=64, hidden_size=16, num_hidden_layers=1),
}


def model(config: PreTrainedConfig) -> Any:
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config)


@pytest.mark.parametrize("name", APART)
def test_a_model_that_keeps_packed_conversations_apart_passes(name: str) -> None:
    one = model(APART[name]).train()
    before = {key: value.clone() for key, value in one.state_dict().items()}
    check_isolated(one)
    assert one.training
    assert all(torch.equal(value, before[key]) for key, value in one.state_dict().items())


@pytest.mark.parametrize("name", TOGETHER)
def test_one_that_looks_across_is_refused_by_name_in_one_line(name: str) -> None:
    one = model(TOGETHER[name])
    with pytest.raises(UserError) as caught:
        check_isolated(one)
    assert type(one).__name__ in str(caught.value)
    assert "\n" not in str(caught.value)


def test_positions_that_do_not_restart_are_found() -> None:
    one = model(APART["gpt2"])
    inner = one.transformer.forward

    def counted_through(input_ids: Any, *_: Any, position_ids: Any, **__: Any) -> Any:
        # The mask is of the conversations, but a place in the row counts, not one in the text.
        ids, block = input_ids, position_ids.eq(0).cumsum(dim=1)
        mask = (block[:, :, None] == block[:, None, :]).tril()[:, None]
        place = torch.arange(ids.shape[1]).unsqueeze(0)
        return inner(input_ids=ids, position_ids=place, attention_mask=mask, use_cache=False)

    one.transformer.forward = counted_through
    with pytest.raises(UserError, match="count anew"):
        check_isolated(one)


def test_a_model_that_cannot_be_asked_is_one_line() -> None:
    one = model(APART["llama"])
    one.model.forward = lambda **_: None
    one.forward = lambda **_: None
    with pytest.raises(UserError, match="cannot be asked"):
        check_isolated(one)
