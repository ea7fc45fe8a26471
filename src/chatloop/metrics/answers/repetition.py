"""Repetition: the share of an answer's word 4-grams that it has said before.

High where a model is caught in a loop. Source: Welleck et al. 2020, "Neural Text Generation with
Unlikelihood Training" (seq-rep-4).
"""

from collections.abc import Sequence

from chatloop.metrics.answers.distinct_n import ngrams

N = 4


def repetition(answers: Sequence[str]) -> float:
    """The mean over the answers, one with fewer than 4 words repeats nothing; 0 of no answers."""
    found = [_one(ngrams(answer.lower().split(), N)) for answer in answers]
    return sum(found) / len(found) if found else 0.0


def _one(grams: Sequence[tuple[str, ...]]) -> float:
    return 1 - len(set(grams)) / len(grams) if grams else 0.0
