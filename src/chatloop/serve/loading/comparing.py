"""What is worth its time on this machine, timed at loading; it changes no answer.

CTranslate2 for a stream that is alone, where a model is so small that torch's calls are what takes
the time: but it reads every turn of a conversation again, and guesses nothing ahead. A head that is
looked at in int8 first, where it is large. And the quick copy of a model for few streams, where
reading the weights takes longer than a few tokens more.
"""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise

from chatloop.serve.engines.engine import Decoder, Glancing, Part
from chatloop.serve.engines.guessing import AHEAD
from chatloop.serve.engines.lone import Lone

PROMPT = tuple(range(16))
TOKENS = 8
STEPS = 4
FAR = 1.5  # times
FEW = (4, 2, 1)  # rows
RIGHT = 0.9  # of the copy's guesses: more in most models, and whoever is wrong is not asked
GAIN = 1.15  # times, for the memory that it takes


def seconds_in_rows(decoder: Decoder) -> float:
    """The best of some tokens of a stream that has the decoder to itself."""
    return _seconds(decoder.read, 1, 1)


def seconds_alone(lone: Lone) -> float:
    """The best of some tokens."""
    moments: list[float] = []
    lone.run(PROMPT, TOKENS, lambda _: bool(moments.append(time.perf_counter())))  # type: ignore[func-returns-value]
    return _best(moments)


def is_sparing(decoder: Decoder) -> bool:
    """Whether the largest logit alone takes less time than all."""
    rows = min(FEW[0], decoder.rows)
    return _seconds(decoder.read, rows, 1) < _seconds(decoder.read, rows, 1, likeliest=False)


def rows_ahead(decoder: Glancing) -> int:
    """Up to how many rows the copy is worth its time; 0 where it never is."""
    expected = sum(RIGHT**place for place in range(AHEAD + 1))  # tokens of a step
    for rows in FEW:
        if rows > decoder.rows:
            continue
        one, several = _seconds(decoder.read, rows, 1), _seconds(decoder.read, rows, AHEAD + 1)
        guessing = AHEAD * _seconds(decoder.glance, rows, 1)
        if GAIN * (guessing + several) < expected * one:
            return rows
    return 0


def _seconds(
    read: Callable[[Sequence[Part]], object], rows: int, tokens: int, likeliest: bool = True
) -> float:
    """The best of some steps of so many tokens a row."""
    ids = (0,) * tokens
    parts = [Part(row, len(PROMPT), ids, tokens, likeliest) for row in range(rows)]
    moments = [time.perf_counter()]
    for _ in range(STEPS):
        read(parts)
        moments.append(time.perf_counter())
    return _best(moments)


def _best(moments: list[float]) -> float:
    return min((after - before for before, after in pairwise(moments)), default=float("inf"))
