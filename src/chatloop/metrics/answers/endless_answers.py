"""Endless answers: the share that no end-of-turn token ended before `evaluate.max_new_tokens`."""

from collections.abc import Sequence


def endless_answers(ended: Sequence[bool]) -> float:
    """Between 0 and 1; 0 of no answers."""
    return sum(not one for one in ended) / len(ended) if ended else 0.0
