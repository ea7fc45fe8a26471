"""Empty answers: the share in which there is nothing to read."""

from collections.abc import Sequence


def empty_answers(answers: Sequence[str]) -> float:
    """Between 0 and 1; 0 of no answers."""
    return sum(not answer.strip() for answer in answers) / len(answers) if answers else 0.0
