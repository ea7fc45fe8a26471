"""What stands beside a conversation in its row is nothing to it: bit by bit, on every shape."""

from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from chatloop.modeling.scoring import batch_of
from chatloop.tokens.example import Example
from chatloop.tokens.packing import Packed, pack

SHAPES = ("gpt2", "llama", "qwen2", "mistral", "gemma")
SIZES = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}  # fmt: skip


def tiny(shape: str) -> Any:
    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 4} if shape == "gpt2" else SIZES
    config = AutoConfig.for_model(shape, vocab_size=300, max_position_embeddings=64, **sizes)
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config).eval()


def packed(changed: bool) -> Packed:
    draw = np.random.default_rng(1)
    examples = []
    for length in (20, 17, 12, 9):
        ids = draw.integers(3, 300, length).astype(np.int32)
        examples.append(Example(ids, np.arange(length) > 3, ((1, length),), length))
    if changed:
        other = (examples[1].ids + 7) % 300
        examples[1] = Example(other, examples[1].supervised, examples[1].ends, 17)
    return pack(examples, 60, 0)


def logits(model: Any, rows: Packed) -> Any:
    ids, positions, _ = batch_of(rows, np.arange(len(rows)), torch.device("cpu"))
    with torch.no_grad():
        return model(input_ids=ids, position_ids=positions, use_cache=False).logits.numpy()


@pytest.mark.parametrize("shape", SHAPES)
def test_changing_one_conversation_leaves_the_others_logits_bit_equal(shape: str) -> None:
    model, before, after = tiny(shape), packed(False), packed(True)
    first, second = logits(model, before), logits(model, after)
    others = (before.examples != 1) & (before.examples >= 0)
    assert np.array_equal(first[others], second[others])
    assert not np.array_equal(first[before.examples == 1], second[after.examples == 1])
