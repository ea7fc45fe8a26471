"""Redaction of a long hostile text: the time for a character against that of ordinary text.

Values one after the other, in every distance, halves of values, runs of digits, and mixtures by
chance, each as one text of a conversation, all kinds asked; ordinary are real turns, one text too.
Time is the processor's, so that a busy machine matters less. What is left over must hold nothing.
"""

import random
import sys
import time

import polars as pl

from benchmarks.dialogues import turns
from benchmarks.planted import planted
from benchmarks.report import report, without
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.redaction import count_personal_data, redact

_CHARACTERS, _MORE = 100_000, 1_000_000
_HALVES = (
    *("1", "1 ", "1-", "1.", "a@", "a@b.", "@", ":", "1:", "::", "://a:", "+", "(", "A ", "Anna "),
    *("sk-", "eyJ", "4539 ", "DE89 ", "my name is ", "born ", "password ", "12 Baker ", "Dr. "),
)
_BETWEEN = ("", " ", ",", "-", "\n")
_EVERY, _MIXTURES, _SEED = 60, 8, 1


def units() -> list[str]:
    """What is repeated: halves of values, and some of the planted values, in every distance."""
    values = sorted({row.value for row in planted(_SEED)})
    chosen = [*_HALVES, *values[:: max(1, len(values) // _EVERY)]]
    return [unit + _BETWEEN[at % len(_BETWEEN)] for at, unit in enumerate(chosen)]


def mixtures() -> list[str]:
    """Values, halves and what is between them, by chance."""
    draw = random.Random(_SEED)
    pieces = [*_HALVES, *(row.value for row in planted(_SEED)), *_BETWEEN]
    return ["".join(draw.choices(pieces, k=4_000)) for _ in range(_MIXTURES)]


def text_of(unit: str, characters: int = _CHARACTERS) -> pl.DataFrame:
    """One long turn that repeats the unit."""
    text = (unit * (characters // len(unit) + 1))[:characters]
    return pl.DataFrame({"conversation_id": ["c"], "turn": [0], "content": [text]})


def cost(unit: str, characters: int = _CHARACTERS) -> float:
    """Microseconds of the processor for a character."""
    table = text_of(unit, characters)
    start = time.process_time()
    redact(table, KINDS)
    return (time.process_time() - start) / characters * 1e6


def main() -> None:
    """Measure and print."""
    table = turns()
    if table is None:
        return without("the real dialogues (../shared/data/sgd) are not here")
    real = "\n".join(table["content"].head(_MORE // 20))
    ordinary = min(cost(real) for _ in range(3))
    costs = {unit: cost(unit) for unit in [*units(), *mixtures()]}
    worst = sorted(costs, key=lambda unit: -costs[unit])
    for unit in worst[:10]:
        print(f"{costs[unit] / ordinary:6.2f} times ordinary text: {unit[:40]!r}")
    long, long_ordinary = cost(worst[0], _MORE), cost(real, _MORE)
    left = redact(text_of(worst[0]), KINDS).turns["content"]
    return report(
        "hostile_text", max(costs.values()), ordinary, "µs a character",
        not count_personal_data(left, KINDS).sum(), "at most 2 times ordinary text",
        texts=len(costs), median=sorted(costs.values())[len(costs) // 2] / ordinary,
        megabyte=long / long_ordinary,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
