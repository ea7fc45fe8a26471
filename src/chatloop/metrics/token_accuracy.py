"""Token accuracy: the share of the answers' tokens that were the likeliest where they stand.

Depends on the tokenizer, as perplexity does. Higher is better.
"""


def token_accuracy(correct: int, tokens: int) -> float:
    """Between 0 and 1.

    Raises:
        ValueError: there are no tokens.
    """
    if tokens <= 0:
        raise ValueError("token accuracy of no tokens")
    return correct / tokens
