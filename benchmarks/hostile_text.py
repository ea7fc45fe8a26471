"""Redaction of a long hostile text: the time for a character against that of ordinary text.

Values one after the other, in every distance, halves of values, runs of signs, numbers of which no
two are equal and most miss their check digit, placeholders, and mixtures by chance, each as one
text of a conversation, all kinds asked; ordinary are real turns, one text too. Time is the
processor's, the least of three for the slowest, so that a busy machine matters less. What is left
over must hold nothing.
"""

import random
import sys
import time
from string import ascii_letters, ascii_lowercase, digits

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
    *("anna at shop dot com ", "anna (at) shop ", "a dot b ", " at ", "a.", "a-", "0.", "x" * 63),
    *(
        "[EMAIL_1]",
        "[PHONE_2] ",
        "[PERSON_1] Anna ",
        "٣٤٥ ",
        "１２３４",
        "ł",
        "é1",
        "Zq3",
        "A1b2C3d4",
    ),
    *("my SSN is ", "call me on ", "1, Rue ", "Anna Berg ", "id no tin pin key ", "00", "0-0/"),
)
_BETWEEN = ("", " ", ",", "-", "\n")
_EVERY, _MIXTURES, _SEED, _SLOWEST = 60, 8, 1, 12
# Shapes with digits by chance, and what stands before each of them.
_NEAR_MISSES = (
    *("4### #### #### #### ", "DE## #### #### #### #### ##", "###.###.###-##", "########Z "),
    *("my BSN is #########, noted #########. ", "SIN ### ### ### or ###-###-###;"),
    *("+49 ### #######", "(###) ###-####, ", "##.##.19## born ", "user##@host##.example "),
    *("sk-live-##ab##cd##ef##gh##", "password: p##q##", "a##:b##::", "##:##:##:##:##:##"),
)


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


def near_misses(characters: int = _CHARACTERS) -> list[str]:
    """Texts of one shape each, its digits drawn again every time."""
    draw = random.Random(_SEED)
    return [
        "".join(
            str(draw.randrange(10)) if sign == "#" else sign
            for sign in shape * (characters // len(shape))
        )
        for shape in _NEAR_MISSES
    ]


def long_words(characters: int = _CHARACTERS) -> list[str]:
    """One word that chance wrote: of digits, letters, both, base64 and what stands in values."""
    draw = random.Random(_SEED)
    alphabets = (digits, ascii_letters, ascii_letters + digits, ascii_letters + digits + "+/")
    signs = (
        *alphabets,
        "@.-",
        digits + ".-",
        digits + " -",
        ascii_lowercase + "@.",
        digits + ":af",
    )
    return ["".join(draw.choices(one, k=characters)) for one in signs]


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
    ordinary, long_ordinary = (_least(real, size) for size in (_CHARACTERS, _MORE))
    texts = [*units(), *mixtures(), *near_misses(), *long_words()]
    costs = {unit: cost(unit) for unit in texts}
    slowest = sorted(costs, key=lambda unit: -costs[unit])[:_SLOWEST]
    costs |= {unit: min(costs[unit], _least(unit, rounds=2)) for unit in slowest}
    worst = sorted(costs, key=lambda unit: -costs[unit])
    for unit in worst[:_SLOWEST]:
        print(f"{costs[unit] / ordinary:6.2f} times ordinary text: {unit[:40]!r}")
    long = _least(worst[0], _MORE, rounds=1)
    left = redact(text_of(worst[0]), KINDS).turns["content"]
    return report(
        "hostile_text", costs[worst[0]], ordinary, "µs a character",
        not count_personal_data(left, KINDS).sum(), "at most 2 times ordinary text",
        texts=len(costs), median=sorted(costs.values())[len(costs) // 2] / ordinary,
        megabyte=long / long_ordinary, megabyte_ours=long, megabyte_ordinary=long_ordinary,
    )  # fmt: skip


def _least(unit: str, characters: int = _CHARACTERS, rounds: int = 3) -> float:
    return min(cost(unit, characters) for _ in range(rounds))


if __name__ == "__main__":
    sys.exit(main())
