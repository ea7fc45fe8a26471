from typing import Any

import numpy as np
import torch

from chatloop.modeling.measuring.reciting import recited
from chatloop.tokens.example import Example

CONTEXT = 64


def prompts(count: int, vocabulary: int) -> list[list[int]]:
    chance = np.random.default_rng(1)
    return [chance.integers(5, vocabulary, 3 + at).tolist() for at in range(count)]


def written(model: Any, prompt: list[int], tokens: int) -> list[int]:
    ids = torch.tensor([prompt])
    found = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens,
        min_new_tokens=tokens, do_sample=False,
    )  # fmt: skip
    return list(found[0].tolist())


def test_recited_is_what_greedy_decoding_would_write(small_model: Any, chatml: Any) -> None:
    examples = []
    for at, prompt in enumerate(prompts(6, len(chatml))):
        ids = written(small_model, prompt, 8)
        if at % 2:
            ids[-3] = (ids[-3] + 1) % len(chatml)
        mask = np.arange(len(ids)) >= len(prompt)
        examples.append(Example(np.array(ids, dtype=np.int32), mask, (), 0))
    found = recited(small_model, chatml.pad_token_id, examples, CONTEXT, 2)
    assert found.tolist() == [True, False, True, False, True, False]
