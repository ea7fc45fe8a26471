"""Distinct-n: different word n-grams over all word n-grams of the answers together.

Low where a model says the same whatever it is asked. Depends on how much text there is: compare
models on the same prompts. Source: Li et al. 2016, "A Diversity-Promoting Objective Function".
"""

from collections.abc import Sequence


def distinct_n(answers: Sequence[str], n: int) -> float:
    """Between 0 and 1; 0 where no answer has n words."""
    grams = [gram for answer in answers for gram in ngrams(answer.lower().split(), n)]
    return len(set(grams)) / len(grams) if grams else 0.0


def ngrams(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All runs of n words, in order."""
    return list(zip(*(words[at:] for at in range(n)), strict=False))
