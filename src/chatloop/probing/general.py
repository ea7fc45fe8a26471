"""Text of many fields that no shop's conversations are about, to see what a model has forgotten.

    <bos>The heart pushes about five litres of blood through the body every minute.

A line is a text by itself, no chat: the tokenizer's token for the beginning of a text (or, where it
has none, the one for its end, which separates texts in GPT-2's training), then the text. Every byte
of it is scored.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from math import log
from typing import Any

import numpy as np

from chatloop.tokens.example import Example


@cache
def general_texts() -> tuple[str, ...]:
    """The lines of general.txt; `#` begins a comment."""
    text = files("chatloop.probing").joinpath("general.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def some_texts(count: int) -> tuple[str, ...]:
    """So many of them, evenly spread over all fields; all where there are fewer."""
    texts = general_texts()
    kept = min(count, len(texts))
    return tuple(texts[at * len(texts) // kept] for at in range(kept))


def plain(tokenizer: Any, texts: Sequence[str], context: int) -> list[Example]:
    """Each text as an example, supervised on all but the first token; `answer_bytes` are its own.

    A text that is longer than the context is cut, and so are its bytes.
    """
    start = _start(tokenizer)
    encoded = tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True)
    found = []
    for text, ids, offsets in zip(
        texts, encoded["input_ids"], encoded["offset_mapping"], strict=True
    ):
        kept = ids[: context - 1]
        scored = text if len(kept) == len(ids) else text[: offsets[len(kept) - 1][1]]
        mask = np.ones(len(kept) + 1, dtype=np.bool_)
        mask[0] = False
        whole = np.asarray([start, *kept], dtype=np.int32)
        found.append(Example(whole, mask, (), len(scored.encode())))
    return found


def blind_bits_per_byte(examples: Sequence[Example], vocabulary: int) -> float:
    """What a model needs that takes every token for as likely as any other."""
    tokens = sum(int(one.supervised.sum()) for one in examples)
    return tokens * log(vocabulary) / log(2) / sum(one.answer_bytes for one in examples)


def _start(tokenizer: Any) -> int:
    known = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id)
    return int(next(token for token in known if token is not None))
