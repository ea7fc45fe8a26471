"""chrF: how many character n-grams (up to 6) answer and reference share, between 0 and 100.

Needs no words, so it works in every language. Source: Popović 2015, "chrF"; as sacreBLEU (Post
2018) computes it: F-score with recall twice as important as precision.
"""

from collections.abc import Sequence

from sacrebleu.metrics.chrf import CHRF


def chrf(answers: Sequence[str], references: Sequence[str]) -> float:
    """Over all answers together: long ones weigh more. 0 of no answers."""
    return float(CHRF().corpus_score(list(answers), [list(references)]).score) if answers else 0.0


def chrf_each(answers: Sequence[str], references: Sequence[str]) -> list[float]:
    """Of each answer by itself."""
    metric = CHRF()
    pairs = zip(answers, references, strict=True)
    return [float(metric.sentence_score(answer, [reference]).score) for answer, reference in pairs]
