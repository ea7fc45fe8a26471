"""What a base model needs before it can learn to chat: a template, marks, a pad and an end token.

A base that has a chat template keeps it, unless params name another. One that has none is given
the project's. The marks of a template that is given are tokens of their own, with embeddings at the
mean of the others.
"""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationConfig

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.tokens.rendering import Renderer
from chatloop.tokens.templates import TEMPLATES

PROBE = (Message("user", "a"), Message("assistant", "b"))


def make_chat_ready(model: Any, tokenizer: Any, template: str | None = None) -> list[str]:
    """Change both in place; returns what was done, for the card and the log.

    `template` is a name of a built-in chat template or the text of one; None is the base's own.

    Raises:
        UserError: the template cannot be used, or the vocabulary does not match.
    """
    done = []
    wanted = template or (None if tokenizer.chat_template else "chatml")
    if wanted is not None:
        text, marks = TEMPLATES.get(wanted, (wanted, ()))
        tokenizer.chat_template = _begun(tokenizer, text) if wanted in TEMPLATES else text
        added = _add_tokens(model, tokenizer, marks) if marks else 0
        name = wanted if wanted in TEMPLATES else "your own"
        done.append(f"given a chat template, {name} ({added} tokens added)")
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        raise UserError(
            f"base.model: its tokenizer has {len(tokenizer):,} tokens, its weights only "
            f"{model.get_input_embeddings().num_embeddings:,}; they do not belong together"
        )
    renderer = Renderer(tokenizer)
    if renderer.plain_marks:
        _call_special(tokenizer, sorted(renderer.plain_marks))
        done.append(f"control tokens now: {', '.join(sorted(renderer.plain_marks))}")
    if renderer.template != tokenizer.chat_template:
        tokenizer.chat_template = renderer.template
        done.append(
            "its chat template made fit to train on (end of turn, no date, how answers begin)"
        )
    end = end_of_turn(renderer)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(end)
        done.append(f"padding with {tokenizer.pad_token}")
    _set_generation(model, tokenizer, end)
    return done


def end_of_turn(renderer: Renderer) -> int:
    """Id of the token that ends an answer, found from the template, not from a name."""
    example = next(renderer.encode(renderer.render(PROBE)))
    return int(example.ids[example.supervised][-1])


def _begun(tokenizer: Any, template: str) -> str:
    """With the token that this tokenizer sets before every text, as the base has always read it."""
    begins = tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id]
    return "{{ bos_token }}" + template if begins and "bos_token" not in template else template


def _add_tokens(model: Any, tokenizer: Any, tokens: Sequence[str]) -> int:
    _call_special(tokenizer, tokens)
    before = model.get_input_embeddings().num_embeddings
    if len(tokenizer) <= before:
        return 0
    with torch.no_grad():
        mean = model.get_input_embeddings().weight.mean(dim=0)
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        model.get_input_embeddings().weight[before:] = mean
        head = model.get_output_embeddings()
        if head.weight is not model.get_input_embeddings().weight:
            head.weight[before:] = head.weight[:before].mean(dim=0)
    return int(len(tokenizer) - before)


def _call_special(tokenizer: Any, tokens: Sequence[str]) -> None:
    more = {"additional_special_tokens": list(tokens)}
    tokenizer.add_special_tokens(more, replace_extra_special_tokens=False)


def _set_generation(model: Any, tokenizer: Any, end: int) -> None:
    """An answer ends at the end of turn, or where the base model would have ended its text.

    A configuration often keeps a default that is an ordinary word of this vocabulary: at that no
    answer ends.
    """
    eos = model.generation_config.eos_token_id
    known = [] if eos is None else [eos] if isinstance(eos, int) else list(eos)
    ends = {tokenizer.eos_token_id, *tokenizer.added_tokens_decoder}
    model.generation_config.eos_token_id = sorted({end, *(at for at in known if at in ends)})
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    try:
        model.generation_config.validate(strict=True)
    except ValueError:
        # Many a model on the hub has a temperature without sampling, and cannot be saved with it.
        names = ("bos_token_id", "eos_token_id", "pad_token_id")
        kept = {name: getattr(model.generation_config, name) for name in names}
        model.generation_config = GenerationConfig(**kept)
