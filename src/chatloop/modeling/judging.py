"""A model's scores on held-out conversations, one row each.

conversation 17: 412.6 nats over 296 bytes of answers  →  2.01 bits per byte
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatloop.conversation import Conversation
from chatloop.modeling.replicas import replicas
from chatloop.modeling.row_scores import score_rows
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import pack
from chatloop.tokens.rendering import Renderer


@dataclass(frozen=True)
class ModelScores:
    """For each conversation: nats (n,), bytes of the answers that were scored (n,), tokens (n,).

    A conversation that a model cannot hold has no bytes.
    """

    nats: NDArray[np.float64]
    answer_bytes: NDArray[np.int64]
    tokens: NDArray[np.int64]


def score_conversations(
    model: Any, tokenizer: Any, talks: Sequence[Conversation], context: int, batch_rows: int
) -> ModelScores:
    """Every answer scored once, after all that went before it (as far as the context goes)."""
    fitted = Fitter(Renderer(tokenizer), context, "split").fit(talks)
    nats, answer_bytes = np.zeros(len(talks)), np.zeros(len(talks), dtype=np.int64)
    tokens = np.zeros(len(talks), dtype=np.int64)
    if fitted.examples:
        packed = pack(fitted.examples, context, tokenizer.pad_token_id)
        with replicas(model, len(packed)) as team:
            found = score_rows(team, packed, batch_rows, len(fitted.examples))
        np.add.at(nats, fitted.owners, found)
        np.add.at(answer_bytes, fitted.owners, [e.answer_bytes for e in fitted.examples])
        np.add.at(tokens, fitted.owners, [int(e.supervised.sum()) for e in fitted.examples])
    return ModelScores(nats, answer_bytes, tokens)
