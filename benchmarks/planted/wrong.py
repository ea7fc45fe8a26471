"""Numbers like the real ones whose checksum does not hold, in sentences about something else."""

from collections.abc import Iterator
from random import Random

from benchmarks.planted import national, numbers

SENTENCES = (
    "The order number is {v}.",
    "tracking {v}",
    "Part {v} is out of stock",
    "Your booking reference: {v}",
    "ticket {v} was closed",
    "SKU {v}",
)
MAKERS = {
    "card": numbers.card,
    "iban": numbers.iban,
    **{
        name: getattr(national, name)
        for name in [
            "cn_resident_id",
            "fr_nir",
            "it_codice_fiscale",
            "es_dni",
            "ch_ahv",
            "fi_hetu",
            "de_tax_id",
        ]
    },
}


def broken(random: Random, value: str) -> str:
    """The value with its last digit or letter moved on by one."""
    last = max(place for place, sign in enumerate(value) if sign.isalnum())
    sign = value[last]
    following = (
        str((int(sign) + 1) % 10) if sign.isdigit() else chr(97 + (ord(sign.lower()) - 96) % 26)
    )
    following = following.upper() if sign.isupper() else following
    return value[:last] + following + value[last + 1 :]


def wrong(seed: int, count: int = 30) -> Iterator[tuple[str, str]]:
    """(what it is like, sentence) of numbers that are none."""
    for kind, make in MAKERS.items():
        random = Random(f"{seed} {kind}")
        for place in range(count):
            value = broken(random, make(random))
            yield kind, SENTENCES[place % len(SENTENCES)].replace("{v}", value)
