"""ROUGE-L: the longest common subsequence of words of answer and reference, between 0 and 1.

Source: Lin 2004, "ROUGE", section 3: F of LCS / words of the answer and LCS / words of the
reference. The package rouge-score had its last release in 2022 and splits at all but a-z and 0-9:
an answer in Greek has no words for it. Here words are runs of letters and digits of any script.
"""

import re
from collections.abc import Sequence

from rapidfuzz.distance import LCSseq

WORD = re.compile(r"\w+")


def rouge_l(answers: Sequence[str], references: Sequence[str]) -> float:
    """The mean over the answers; 0 of no answers."""
    found = [_one(*pair) for pair in zip(answers, references, strict=True)]
    return sum(found) / len(found) if found else 0.0


def _one(answer: str, reference: str) -> float:
    said, wanted = words(answer), words(reference)
    common = LCSseq.similarity(said, wanted)
    return 2 * common / (len(said) + len(wanted)) if common else 0.0


def words(text: str) -> list[str]:
    """In lower case."""
    return WORD.findall(text.lower())
