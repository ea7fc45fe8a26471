"""Numbers of states, papers, passwords and names, made up as `personal` makes the others.

PAPERS["es_dni"](rng)     48301275K
PAPERS["uk_nhs"](rng)     943 476 5919

Check digits are computed as the registrar of each says; who has the number, if anybody, is chance.
"""

import random
from collections.abc import Callable

from chatloop.corpus.grammar import fill_digits

_NAMES = (
    *("Anna", "Benjamin", "Carla", "Emma", "Felix", "Henry", "Ines", "Jonas", "Laura", "Oscar"),
    *("Daniel", "Eva", "George", "Hannah", "Julia", "Martin", "Nina", "Peter", "Sarah", "Thomas"),
)
_SURNAMES = ("Bergmann", "Dubois", "Fischer", "Garcia", "Hughes", "Jansen", "Keller", "Larsson")
_WORDS = ("amber", "copper", "falcon", "maple", "orbit", "river", "willow")


def _weighted(digits: str, weights: range) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _es_dni(rng: random.Random) -> str:
    number = rng.randint(10_000_000, 99_999_999)
    return f"{number}{rng.choice(('', '-'))}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _nl_bsn(rng: random.Random) -> str:
    while True:
        body = fill_digits("1@@@@@@@", rng)
        check = _weighted(body, range(9, 1, -1)) % 11
        if check < 10:  # noqa: PLR2004
            return f"{body}{check}"


def _pl_pesel(rng: random.Random) -> str:
    year, month, day = rng.randint(40, 99), rng.randint(1, 12), rng.randint(1, 28)
    body = f"{year}{month:02}{day:02}{rng.randint(0, 9999):04}"
    total = sum(int(d) * weight for d, weight in zip(body, (1, 3, 7, 9) * 3, strict=False))
    return f"{body}{-total % 10}"


def _pt_nif(rng: random.Random) -> str:
    body = fill_digits("2@@@@@@@", rng)
    rest = _weighted(body, range(9, 1, -1)) % 11
    return f"{body}{11 - rest if rest > 1 else 0}"


def _uk_nhs(rng: random.Random) -> str:
    while True:
        body = fill_digits("9@@@@@@@@", rng)
        check = -_weighted(body, range(10, 1, -1)) % 11
        if check < 10:  # noqa: PLR2004
            return f"{body[:3]} {body[3:6]} {body[6:]}{check}"


def _cl_rut(rng: random.Random) -> str:
    body = str(rng.randint(10_000_000, 24_999_999))
    total = sum(int(digit) * (2 + at % 6) for at, digit in enumerate(reversed(body)))
    return f"{body[:2]}.{body[2:5]}.{body[5:]}-{'0K987654321'[total % 11]}"


def _sg_nric(rng: random.Random) -> str:
    body = fill_digits("@@@@@@@", rng)
    total = sum(int(d) * weight for d, weight in zip(body, (2, 7, 6, 5, 4, 3, 2), strict=True))
    return f"S{body}{'JZIHGFEDCBA'[total % 11]}"


def _passport(rng: random.Random) -> str:
    return fill_digits(rng.choice(("C@@X@@T@@", "P@@@@@@@", "@@@@@@@@@", "L@R@@P@@@")), rng)


def _secret(rng: random.Random) -> str:
    one, two = rng.sample(_WORDS, 2)
    return f"{one.title()}-{two}-{rng.randint(100, 9999)}"


def _person(rng: random.Random) -> str:
    return f"{rng.choice(_NAMES)} {rng.choice(_SURNAMES)}"


PAPERS: dict[str, Callable[[random.Random], str]] = {
    "cl_rut": _cl_rut,
    "es_dni": _es_dni,
    "nl_bsn": _nl_bsn,
    "passport": _passport,
    "person": _person,
    "pl_pesel": _pl_pesel,
    "pt_nif": _pt_nif,
    "secret": _secret,
    "sg_nric": _sg_nric,
    "uk_nhs": _uk_nhs,
}
