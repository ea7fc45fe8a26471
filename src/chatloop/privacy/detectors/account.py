"""Money: iban, card.

    DE89 3704 0044 0532 0130 00  →  [IBAN_1]        4539 5787 6362 1486  →  [CARD_1]

A match may be longer than the value; checksum and length say where it ends.
"""

import re
import string

from chatloop.privacy.checksums import luhn, mod97
from chatloop.privacy.detector import Detector, alphanumeric, digits
from chatloop.privacy.suspecting.leading import led

# Characters of an IBAN by country, from the registry of ISO 13616.
_IBAN_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_IBAN_LENGTH = {
    country: length for length, names in _IBAN_LENGTHS.items() for country in names.split()
}
_BETWEEN = " .-–‑"
_CARD_LENGTHS = range(13, 20)  # ISO/IEC 7812-1 allows up to nineteen


def _cuts(text: str) -> dict[int, int]:
    """Where `text` may end, by the letters and digits until there: never inside a group."""
    ends = [at + 1 for at, character in enumerate(text) if character.isalnum()]
    after = f"{text} "
    return {count: end for count, end in enumerate(ends, 1) if not after[end].isalnum()}


def _iban_length(text: str) -> int:
    end = _cuts(text).get(_IBAN_LENGTH.get(text[:2].upper(), 0), 0)
    return end if end and mod97(alphanumeric(text[:end])) else 0


def _card_length(text: str) -> int:
    """Up to the last group of digits with which it holds."""
    while len(number := digits(text)) >= min(_CARD_LENGTHS):
        if len(number) in _CARD_LENGTHS and luhn(number):
            return len(text)
        text = text.rstrip(string.digits).rstrip(_BETWEEN)
    return 0


IBAN = Detector(
    kind="iban",
    digits=4,
    shape=r"[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11}",
    patterns=(
        re.compile(
            led("[0-9]", r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,29}+", 2)
        ),
    ),
    length=_iban_length,
    key=alphanumeric,
)

CARD = Detector(
    kind="card",
    digits=13,
    shape=r"(?:[0-9][ .\-–‑]?){13}",
    patterns=(
        re.compile(
            led(
                "[2-68]",
                r"(?<![0-9])(?<![0-9][.,])(?:"
                # 4-4-4-4(-3), 4-4-4-1; 81 is UnionPay's
                r"(?:[2-6][0-9]|81)[0-9]{2}(?:[ .\-–‑]?[0-9]{4}){2}[ .\-–‑]?[0-9]{1,4}"
                r"(?:[ .\-–‑]?[0-9]{1,3})?"
                r"|3[47][0-9]{2}[ .\-–‑]?[0-9]{6}[ .\-–‑]?[0-9]{5}"  # 4-6-5, American Express
                r"|3[0689][0-9]{2}[ .\-–‑]?[0-9]{6}[ .\-–‑]?[0-9]{4}"  # 4-6-4, Diners Club
                r"|(?:[2-6][0-9]|81)[0-9]{11,17}"
                r")(?![0-9])",
            )
        ),
    ),
    length=_card_length,
    key=digits,
)
