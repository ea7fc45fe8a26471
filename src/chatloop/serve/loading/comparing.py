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


def is_faster(lone: Lone, decoder: Decoder) -> bool:
    """Whether it is by far; each token is timed, and the best of them counts."""
    alone: list[float] = []
    lone.run(PROMPT, TOKENS, lambda _: bool(alone.append(time.perf_counter())))  # type: ignore[func-returns-value]
    decoder.read([Part(0, 0, PROMPT, 0)])
    rows = [time.perf_counter()]
    for place in range(len(PROMPT), len(PROMPT) + TOKENS):
        decoder.read([Part(0, place, (0,), 1, True)])
        rows.append(time.perf_counter())
    return FAR * _best(alone) < _best(rows)


def _best(moments: list[float]) -> float:
    return min((after - before for before, after in pairwise(moments)), default=float("inf"))
