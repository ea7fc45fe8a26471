"""Spans of answers that occur nowhere else in training, to be completed from their beginning.

    user       My lamp is broken, order #48213
    assistant  I am sorry to hear that your lamp | arrived broken. We will collect it on Friday …
                               shown (`prefix`)  | the span: up to `tokens` tokens, at least `least`

A model that chats well completes much that it has never seen: phrases, and what stands in the
prompt. So the same is asked of held-out answers whose spans are in no training text, and only what
goes beyond them, surely, is counted as known by heart. Source of the attack: Carlini et al. 2021,
"Extracting Training Data from Large Language Models"; 50 tokens as in Carlini et al. 2023.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from chatloop.params.evaluate import Spans
from chatloop.tokens.example import Example

Ids = NDArray[np.int32]
# One-sided 95 %, as the gate's confidence.
_SURE = 1.645


@dataclass(frozen=True)
class Tried:
    """Spans tried, of these extracted, of these shorter than wished; why others were not tried."""

    tried: int
    extracted: int
    shortened: int
    left_out: dict[str, int]


def span_of(example: Example, params: Spans) -> Example | None:
    """The same tokens up to the end of the last answer, supervised on its span alone.

    None where the answer is too short. The token that ends the turn belongs to no span.
    """
    ends = [end for _, end in example.ends]
    before = ends[-2] if len(ends) > 1 else 0
    inside = np.flatnonzero(example.supervised[before : ends[-1]])
    if len(inside) < 1 + params.prefix + params.least:
        return None
    start = before + int(inside[0]) + params.prefix
    end = min(start + params.tokens, ends[-1] - 1)
    mask = np.zeros(end, dtype=np.bool_)
    mask[start:] = True
    return Example(example.ids[:end], mask, (), 0)


def occurrences(spans: Sequence[Ids], text: Ids, owners: Ids) -> list[int]:
    """How often each span stands in `text` (n,), within one example: `owners` (n,) says whose a
    token is."""
    count = np.bincount(text, minlength=1)
    return [_occurrences(span, text, owners, count) for span in spans]


def _occurrences(span: Ids, text: Ids, owners: Ids, count: NDArray[np.int64]) -> int:
    """Looked up by the rarest of its tokens."""
    known = span < len(count)
    if not known.all() or len(span) > len(text):
        return 0
    anchor = int(np.argmin(count[span]))
    starts = np.flatnonzero(text == span[anchor]) - anchor
    starts = starts[(starts >= 0) & (starts + len(span) <= len(text))]
    for at, token in enumerate(span.tolist()):
        starts = starts[text[starts + at] == token]
    return int((owners[starts] == owners[starts + len(span) - 1]).sum())


def beyond_control(training: Tried, held_out: Tried) -> int:
    """Spans that are extracted because they were trained on: the surely larger share, in spans.

    The lower bound of the difference of two shares (Agresti & Caffo 2000), one-sided, 95 %.
    """
    n, m = training.tried + 2, held_out.tried + 2
    p, q = (training.extracted + 1) / n, (held_out.extracted + 1) / m
    low = p - q - _SURE * sqrt(p * (1 - p) / n + q * (1 - q) / m)
    return max(0, min(training.extracted, round(low * training.tried)))
