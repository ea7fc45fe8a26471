"""The embedded base model: a small GPT of Llama's shape, a byte-level BPE of the training split.

It needs no download, and it knows nothing yet: its weights are random (and always the same).
"""

from collections.abc import Iterable
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from chatloop.params import Tiny
from chatloop.tokens.templates import CHATML, TURN_END, TURN_START

PAD = "<|pad|>"


def build_tokenizer(texts: Iterable[str], params: Tiny) -> Any:
    """Byte-level BPE (Radford et al. 2019) with the marks of the project's template."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=params.vocab_size,
        special_tokens=[AddedToken(token, special=True) for token in (PAD, TURN_START, TURN_END)],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=TURN_END,
        additional_special_tokens=[TURN_START],
        model_max_length=params.context,
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = CHATML
    return fast


def build_model(tokenizer: Any, params: Tiny) -> Any:
    """Seeded random weights, tied embeddings, an MLP as large as GPT-2's in three matrices."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=params.context,
        hidden_size=params.width,
        intermediate_size=8 * params.width // 3,
        num_hidden_layers=params.layers,
        num_attention_heads=params.heads,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(params.seed)
        return LlamaForCausalLM(config)
