"""How likely texts are for a model, and whether it would write them by itself.

span "arrived broken. We will collect it on Friday"  →  7 of 9 are its first choice
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatloop.modeling.replicas import replicas
from chatloop.modeling.row_scores import score_rows, sums_of_rows
from chatloop.modeling.scoring import supervised_nats_and_hits
from chatloop.tokens.example import Example
from chatloop.tokens.packing import pack


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
    owners = packed.examples, len(examples)
    with replicas(model, len(packed)) as team:
        _, hits = sums_of_rows(team, packed, batch_rows, owners, supervised_nats_and_hits)
    asked = np.array([one.supervised[1:].sum() for one in examples])
    known: NDArray[np.bool_] = np.equal(hits, asked)
    return known
