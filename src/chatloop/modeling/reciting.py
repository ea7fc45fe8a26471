"""What a model says on its own: whether it goes on as a text does, what it says to prompts.

span "arrived broken. We will collect it on Friday"  →  7 of 9 are its first choice
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from chatloop.modeling.replicas import Replicas, replicas
from chatloop.modeling.row_scores import score_rows
from chatloop.modeling.scoring import Logits, batch_of
from chatloop.tokens.packing import Packed, pack
from chatloop.tokens.rendering import Example

AT_ONCE = 32  # prompts that are gone on with together


def nats_of(
    model: Any, pad_id: int, examples: Sequence[Example], context: int, batch_rows: int
) -> NDArray[np.float64]:
    """Nats of the supervised tokens of each example, of at most `context` tokens: (examples,)."""
    packed = pack(examples, context, pad_id)
    with replicas(model, len(packed)) as team:
        return score_rows(team, packed, batch_rows, len(examples))


def recited(
    model: Any, pad_id: int, examples: Sequence[Example], context: int, batch_rows: int
) -> NDArray[np.bool_]:
    """Whether greedy decoding writes all supervised tokens of each example: (examples,).

    Each is the first choice after all before it, which is what greedy decoding would write; one
    pass over the text tells, without a token being generated.
    """
    packed = pack(examples, context, pad_id)
    with replicas(model, len(packed)) as team:
        missed = _missed(team, packed, batch_rows, len(examples))
    return np.equal(missed, 0)


def _missed(team: Replicas, packed: Packed, batch_rows: int, examples: int) -> NDArray[np.int64]:
    """Supervised tokens of each example that are not the first choice: (examples,)."""
    missed = np.zeros(examples, dtype=np.int64)
    team.train(False)
    batches = np.split(np.arange(len(packed)), range(batch_rows, len(packed), batch_rows))

    @torch.inference_mode()
    def wrong(logits_of: Logits, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        ids, positions, supervised = batch_of(packed, rows, team.device)
        targets = supervised[:, 1:]
        first = logits_of(ids, positions, targets).argmax(dim=-1)
        return (first != ids[:, 1:][targets]).cpu().numpy()

    for rows, found in zip(batches, team.each(wrong, batches), strict=True):
        owner = packed.examples[rows][:, 1:][packed.supervised[rows][:, 1:]]
        np.add.at(missed, owner, found)
    return missed


def continuations(
    model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], tokens: int, temperature: float
) -> list[str]:
    """What the model writes after each prompt of ids, many at a time; greedily at temperature 0."""
    parts = (prompts[at : at + AT_ONCE] for at in range(0, len(prompts), AT_ONCE))
    return [
        text for part in parts for text in _continued(model, tokenizer, part, tokens, temperature)
    ]


def _continued(
    model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], tokens: int, temperature: float
) -> list[str]:
    """All at once, padded on the left."""
    width = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), width), tokenizer.pad_token_id, dtype=torch.long)
    seen = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt, dtype=torch.long)
        seen[row, width - len(prompt) :] = 1
    drawing: dict[str, Any] = {"do_sample": False}
    if temperature > 0:
        drawing = {"do_sample": True, "temperature": temperature, "top_p": 1.0, "top_k": 0}
    with torch.inference_mode():
        found = model.generate(
            ids.to(model.device),
            attention_mask=seen.to(model.device),
            max_new_tokens=tokens,
            **drawing,
        )
    texts = tokenizer.batch_decode(found[:, width:], skip_special_tokens=True)
    return [str(text) for text in texts]
