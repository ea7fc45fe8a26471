"""POST /v1/completions: bare text is continued, without a chat template.

{"model": "chatloop", "prompt": "Once upon a time", "max_tokens": 32}
"""

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from chatloop.serve.model import Sampling
from chatloop.serve.wire.sampling import Nothing, SamplingFields

TEXTS = {"type": "array", "minItems": 1, "maxItems": 128, "items": {"type": "string"}}
MOST_PROMPTS = 128


def _texts(value: object) -> object:
    """One text or several; ids of tokens are refused, they mean another thing to each model."""
    texts = value if isinstance(value, list) else [value]
    if not 1 <= len(texts) <= MOST_PROMPTS:
        raise ValueError(f"is 1 to {MOST_PROMPTS} texts")
    if any(isinstance(one, int | list) and not isinstance(one, bool) for one in texts):
        raise ValueError("unsupported: ids of tokens are not supported, only text")
    return texts


class CompletionRequest(SamplingFields):
    """Text and how to go on with it."""

    prompt: Annotated[
        list[str],
        BeforeValidator(_texts),
        WithJsonSchema({"anyOf": [{"type": "string"}, TEXTS]}),
    ]
    logprobs: Annotated[int, Field(ge=0, le=5)] | None = None
    best_of: Nothing = None
    echo: Nothing = None
    suffix: Nothing = None

    def asked(self, defaults: Sampling) -> Sampling:
        """The version's own settings with what is asked for instead."""
        return self.sampling(defaults, self.max_tokens, self.logprobs)
