"""Who takes a stream that is alone: rows, unless CTranslate2 is far faster on this machine.

It is where a model is so small that torch's calls are what takes the time. But it reads every turn
of a conversation again, and guesses nothing ahead.
"""

import time
from itertools import pairwise

from chatloop.serve.engines.engine import Decoder, Part
from chatloop.serve.engines.lone import Lone

PROMPT = tuple(range(16))
TOKENS = 8
FAR = 1.5  # times


def seconds_in_rows(decoder: Decoder) -> float:
    """The best of some tokens of a stream that has the decoder to itself."""
    decoder.read([Part(0, 0, PROMPT, 0)])
    moments = [time.perf_counter()]
    for place in range(len(PROMPT), len(PROMPT) + TOKENS):
        decoder.read([Part(0, place, (0,), 1, True)])
        moments.append(time.perf_counter())
    return _best(moments)


def seconds_alone(lone: Lone) -> float:
    """The best of some tokens."""
    moments: list[float] = []
    lone.run(PROMPT, TOKENS, lambda _: bool(moments.append(time.perf_counter())))  # type: ignore[func-returns-value]
    return _best(moments)


def _best(moments: list[float]) -> float:
    return min((after - before for before, after in pairwise(moments)), default=float("inf"))
