"""The embedded base model: a small GPT-2 with a byte-level BPE of the training split's own text.

It needs no download, and it knows nothing yet: its weights are random (and always the same).
"""

from collections.abc import Iterable
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from chatloop.params import Tiny
from chatloop.templates import CHATML, TURN_END, TURN_START

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
    """GPT-2 shape, seeded random weights, no dropout (the corpus is seen only a few times)."""
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=params.context,
        n_embd=params.width,
        n_layer=params.layers,
        n_head=params.heads,
        # GPT-2's own activation, in one kernel instead of eight.
        activation_function="gelu_pytorch_tanh",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(params.seed)
        return GPT2LMHeadModel(config)
