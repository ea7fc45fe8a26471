"""A model that is evaluated, with all that is needed to ask it anything.

Subject("candidate", model, tokenizer, Renderer(tokenizer), context=512, batch_rows=8)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatloop.conversation import Conversation, Message
from chatloop.modeling.answering import Chatter, Sampling
from chatloop.modeling.measuring.generating import Generated, generate_answers
from chatloop.modeling.measuring.judging import ModelScores, score_conversations
from chatloop.modeling.measuring.reciting import nats_of, recited
from chatloop.tokens.example import Example
from chatloop.tokens.rendering import Renderer


@dataclass(frozen=True)
class Subject:
    """`context`: tokens that it looks at, as many as the candidate was trained on, or as it can."""

    name: str
    model: Any
    tokenizer: Any
    renderer: Renderer
    context: int
    batch_rows: int

    def scores(self, talks: Sequence[Conversation]) -> ModelScores:
        """Of every answer of the conversations."""
        return score_conversations(self.model, self.tokenizer, talks, self.context, self.batch_rows)

    def answers(
        self, talks: Sequence[Sequence[Message]], sampling: Sampling
    ) -> list[Generated | None]:
        """An answer to each; None where it cannot hold one."""
        chatter = Chatter(self.model, self.tokenizer, self.renderer)
        return generate_answers(chatter, talks, sampling)

    def nats(self, examples: Sequence[Example]) -> NDArray[np.float64]:
        """Of the supervised tokens of each example: (examples,)."""
        pad = self.tokenizer.pad_token_id
        return nats_of(self.model, pad, examples, self.context, self.batch_rows)

    def recited(self, examples: Sequence[Example]) -> int:
        """How many of the examples it would write by itself."""
        if not examples:
            return 0
        pad = self.tokenizer.pad_token_id
        found = recited(self.model, pad, examples, self.context, self.batch_rows)
        return int(found.sum())
