"""Perplexity of the answers: how many tokens a model hesitates between, on average.

Depends on the tokenizer: compare models that share one, else bits per byte. Lower is better.
"""

import math


def perplexity(nats: float, tokens: int) -> float:
    """exp of the mean negative log-likelihood of a token; infinite where no float holds it.

    Raises:
        ValueError: there are no tokens.
    """
    if tokens <= 0:
        raise ValueError("perplexity of no tokens")
    try:
        return math.exp(nats / tokens)
    except OverflowError:
        return math.inf
