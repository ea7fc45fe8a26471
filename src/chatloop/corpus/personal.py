"""Personal data made up by the seeded generator: thirteen kinds, in the shapes people write them.

    PERSONAL["iban"](rng)      DE75 5121 0800 1245 1261 99
    mention("iban", value, …)  "my IBAN is DE75 5121 0800 1245 1261 99."

Numbers come from ranges reserved for examples and drama where there are such (RFC 2606, 3849, 5737,
7042; Ofcom, ARCEP, Bundesnetzagentur), and carry valid check digits where the kind has them.
"""

import random
import string
from collections.abc import Callable
from functools import cache

from chatloop.corpus.desk import Exchange, desk, read, templates
from chatloop.corpus.dialogue import Message
from chatloop.corpus.grammar import Scene, fill_digits, tidy

# Values of each kind in a corpus of 3,600; see defects.scaled.
OF_EACH_KIND = 18
# How often the shop takes up what it was told.
_REPEATED = 0.4

_NAMES = ("anna", "ben", "carla", "david", "emma", "felix", "grace", "henry", "ines", "jonas")
_SURNAMES = ("berg", "clark", "duval", "evans", "fischer", "green", "hughes", "jansen", "keller")
_HOSTS = ("example.com", "example.org", "example.net")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September")
# Test numbers of the card brands begin like this; total length in digits.
_CARDS = {"400000": 16, "411111": 16, "510510": 16, "555555": 16, "601111": 16, "353011": 16}
_CARDS |= {"378282": 15, "371449": 15, "305693": 14, "385200": 14}
# Country -> the rest of an IBAN after its two check digits; @ is a digit.
_IBANS = {
    "AT": "@" * 16,
    "BE": "@" * 12,
    "CH": "@" * 17,
    "DE": "@" * 18,
    "DK": "@" * 14,
    "ES": "@" * 20,
    "FR": "@" * 23,
    "GB": "TEST" + "@" * 14,
    "IE": "TEST" + "@" * 14,
    "NL": "TEST" + "@" * 10,
    "PL": "@" * 24,
}
_PHONES = (
    "07700 900@@@",
    "07700900@@@",
    "020 7946 0@@@",
    "+44 7700 900@@@",
    "+44 20 7946 0@@@",
    "(212) 555-01@@",
    "212-555-01@@",
    "+1 415 555 01@@",
    "030 23125 @@@",
    "+49 30 23125@@@",
    "+49 171 39200@@",
    "0171 39200@@",
    "+33 1 99 00 @@ @@",
    "01 99 00 @@ @@",
)


def luhn_digit(number: str) -> str:
    """The digit that makes `number` pass the Luhn check (ISO/IEC 7812-1)."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in number[::-2]]
    return str(-(sum(doubled) + sum(map(int, number[-2::-2]))) % 10)


def iban_check(country: str, rest: str) -> str:
    """The two check digits of an IBAN (ISO 13616, ISO 7064 mod 97-10)."""
    digits = "".join(str(int(sign, 36)) for sign in f"{rest}{country}00")
    return f"{98 - int(digits) % 97:02}"


def _email(rng: random.Random) -> str:
    name, surname = rng.choice(_NAMES), rng.choice(_SURNAMES)
    number = rng.randint(1, 99)
    local = rng.choice((f"{name}.{surname}{number}", f"{name}{number}", f"{surname}+shop{number}"))
    return f"{local}@{rng.choice(_HOSTS)}"


def _phone(rng: random.Random) -> str:
    return fill_digits(rng.choice(_PHONES), rng)


def _card(rng: random.Random) -> str:
    prefix, length = rng.choice(sorted(_CARDS.items()))
    number = fill_digits(prefix + "@" * (length - 7), rng)
    number += luhn_digit(number)
    sizes = (4, 4, 4, 4) if length == max(_CARDS.values()) else (4, 6, 5)
    return rng.choice((" ", "-", "")).join(_groups(number, sizes))


def _iban(rng: random.Random) -> str:
    country, form = rng.choice(sorted(_IBANS.items()))
    rest = fill_digits(form, rng)
    iban = country + iban_check(country, rest) + rest
    return rng.choice((" ", " ", "")).join(_groups(iban, (4,) * 9))


def _ipv4(rng: random.Random) -> str:
    return f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randint(1, 254)}"


def _ipv6(rng: random.Random) -> str:
    groups = [f"{rng.randrange(4096, 65536):x}" for _ in range(6)]
    return rng.choice(
        (f"2001:db8:{':'.join(groups)}", f"2001:db8::{groups[0]}", f"2001:db8:{groups[1]}::1")
    )


def _mac(rng: random.Random) -> str:
    # 00-00-5E-00-53 is for documentation; 02 marks addresses that no maker has given out.
    start = rng.choice(("00:00:5e:00:53", f"02:{':'.join(_hex(rng) for _ in range(4))}"))
    address = f"{start}:{_hex(rng)}"
    return rng.choice((address, address.upper(), address.replace(":", "-")))


def _url_credentials(rng: random.Random) -> str:
    user, word = rng.choice(_NAMES), rng.choice(("w0nder", "sp4rrow", "m00nlight", "k3ttle"))
    scheme, path = rng.choice(("https", "https", "ftp", "sftp")), rng.choice(("photos", "files/1"))
    return f"{scheme}://{user}:{word}{rng.randint(10, 999)}@{rng.choice(_HOSTS)}/{path}"


def _api_key(rng: random.Random) -> str:
    letters = string.ascii_letters + string.digits
    forms = (("sk-", 48, letters), ("ghp_", 36, letters), ("AKIA", 16, letters[26:]))
    prefix, length, signs = rng.choice(forms)
    return prefix + "".join(rng.choice(signs) for _ in range(length))


def _us_ssn(rng: random.Random) -> str:
    return f"{rng.randint(101, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"


def _date_of_birth(rng: random.Random) -> str:
    year, month, day = rng.randint(1940, 2004), rng.randint(1, 12), rng.randint(1, 28)
    named = f"{day} {rng.choice(_MONTHS)} {year}"
    slashed, dotted = f"{day:02}/{month:02}/{year}", f"{day:02}.{month:02}.{year}"
    return rng.choice((slashed, dotted, f"{year}-{month:02}-{day:02}", named))


def _uk_nino(rng: random.Random) -> str:
    signs = f"{rng.choice('ABCEHJL')}{rng.choice('ABCEHJLM')}"
    number = fill_digits(rng.choice(("@@ @@ @@ ", "@@@@@@")), rng)
    gap = " " if " " in number else ""
    return f"{signs}{gap}{number}{rng.choice('ABCD')}"


def _geo(rng: random.Random) -> str:
    places = rng.randint(4, 6)
    gap = rng.choice((", ", ", ", ","))
    return f"{rng.uniform(36, 60):.{places}f}{gap}{rng.uniform(-9, 24):.{places}f}"


def _hex(rng: random.Random) -> str:
    return f"{rng.randrange(256):02x}"


def _groups(text: str, sizes: tuple[int, ...]) -> list[str]:
    ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
    parts = [text[end - size : end] for size, end in zip(sizes, ends, strict=True)]
    return [part for part in parts if part]


PERSONAL: dict[str, Callable[[random.Random], str]] = {
    "api_key": _api_key,
    "card": _card,
    "date_of_birth": _date_of_birth,
    "email": _email,
    "geo": _geo,
    "iban": _iban,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "mac": _mac,
    "phone": _phone,
    "uk_nino": _uk_nino,
    "url_credentials": _url_credentials,
    "us_ssn": _us_ssn,
}


@cache
def _mentions() -> dict[str, Exchange]:
    nodes = read("personal.yaml").items()
    return {kind: Exchange(templates(n["user"]), templates(n["answer"])) for kind, n in nodes}


def mention(
    messages: tuple[Message, ...], kind: str, value: str, rng: random.Random
) -> tuple[Message, ...]:
    """The customer adds a sentence with the value to a turn; at times the answer repeats it."""
    scene = Scene(rng, bound={"value": value}, said={"value"})
    turns = [at for at, message in enumerate(messages[:-1]) if message["role"] == "user"]
    at, grammar = rng.choice(turns), desk().grammar
    changed = list(messages)
    changed[at] = _with(messages[at], grammar.ask(_mentions()[kind].ask, scene))
    if rng.random() < _REPEATED:
        answer = grammar.answer(_mentions()[kind].answer, scene)
        changed[at + 1] = _with(messages[at + 1], answer)
    return tuple(changed)


def _with(message: Message, sentence: str) -> Message:
    text = message["content"]
    stop = "" if text.endswith((".", "?", "!")) else "."
    return message | {"content": f"{text}{stop} {tidy(sentence)}"}
