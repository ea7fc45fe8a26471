"""National numbers with their checksums, computed from each country's own rule.

br_cpf: 529.982.247-25        fi_hetu: 131052-308T        ch_ahv: 756.9217.0769.85
"""

from collections.abc import Callable
from random import Random

Maker = Callable[[Random], str]


def digits(random: Random, count: int, first: str = "123456789") -> str:
    """`count` digits, the first one of `first`."""
    return random.choice(first) + "".join(random.choices("0123456789", k=count - 1))


def luhn(body: str) -> str:
    """The check digit of ISO/IEC 7812 for `body`."""
    total = 0
    for place, digit in enumerate(map(int, reversed(body))):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def birth(random: Random, first: int = 1940, last: int = 2004) -> tuple[int, int, int]:
    """A year, a month and a day that every month has."""
    return random.randint(first, last), random.randint(1, 12), random.randint(1, 28)


def weighted(body: str, weights: tuple[int, ...]) -> int:
    """The sum of digit times weight."""
    return sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))


def us_ssn(random: Random) -> str:
    """Area not 000, 666 or 9xx; group not 00; serial not 0000."""
    area = random.choice([n for n in range(1, 900) if n != 666])
    parts = f"{area:03}", f"{random.randint(1, 99):02}", f"{random.randint(1, 9999):04}"
    return random.choice("---  .").join(parts)


def uk_nino(random: Random) -> str:
    """HMRC's prefixes; spaced, solid or lower case."""
    prefix = "BG"
    while prefix in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ"):
        prefix = random.choice("ABCEGHJKLMNOPRSTWXYZ") + random.choice("ABCEGHJKLMNPRSTWXYZ")
    body = digits(random, 6, "0123456789")
    pairs = " ".join((prefix, body[:2], body[2:4], body[4:], random.choice("ABCD")))
    solid = pairs.replace(" ", "")
    return random.choice((pairs, pairs, solid, solid, solid.lower(), pairs.replace(" ", "-")))


def cn_resident_id(random: Random) -> str:
    """GB 11643: area, birthday, order, ISO 7064 MOD 11-2."""
    year, month, day = birth(random)
    area = random.choice(("110101", "310115", "440305", "510104", "320102", "420106", "610113"))
    body = f"{area}{year}{month:02}{day:02}{random.randint(1, 999):03}"
    total = weighted(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    check = "10X98765432"[total % 11]
    return body + random.choice((check, check.lower()))


def fr_nir(random: Random) -> str:
    """INSEE: sex, year, month, département, commune, order, 97 less the rest by 97."""
    year, month, _ = birth(random)
    part = random.choice((f"{random.randint(1, 95):02}", "2A", "2B", "75", "99"))
    commune, order = f"{random.randint(1, 399):03}", f"{random.randint(1, 999):03}"
    parts = [random.choice("12"), f"{year % 100:02}", f"{month:02}", part, commune, order]
    number = int("".join(parts).replace("2A", "19").replace("2B", "18"))
    key = f"{97 - number % 97:02}"
    return random.choice((" ".join([*parts, key]), "".join([*parts, key])))


_ODD = (
    "1 0 5 7 9 13 15 17 19 21 1 0 5 7 9 13 15 17 19 21 2 4 18 20 11 3 6 8 12 14 16 10 22 25 24 23"
)
ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", map(int, _ODD.split()), strict=True))


def it_codice_fiscale(random: Random) -> str:
    """Six consonants, year, month letter, day (+40 for women), place, check letter."""
    year, month, day = birth(random)
    name = "".join(random.choices("BCDFGLMNPRSTVZ", k=6))
    day += random.choice((0, 40))
    place = random.choice("ABCDEFGHILMZ") + digits(random, 3)
    body = f"{name}{year % 100:02}{'ABCDEHLMPRST'[month - 1]}{day:02}{place}"
    even = sum(int(c) if c.isdigit() else ord(c) - 65 for c in body[1::2])
    code = body + chr(65 + (sum(ODD[c] for c in body[::2]) + even) % 26)
    spaced = f"{code[:3]} {code[3:6]} {code[6:11]} {code[11:]}"
    return random.choice((code, code, code.lower(), spaced))


def es_dni(random: Random) -> str:
    """DNI and NIE: the number modulo 23 names the letter."""
    foreign = random.random() < 0.4
    head = random.choice("XYZ") if foreign else ""
    body = digits(random, 7 if foreign else 8, "0123456789")
    letter = "TRWAGMYFPDXBNJZSQVHLCKE"[int(f"{'XYZ'.index(head) if head else ''}{body}") % 23]
    if foreign:
        return random.choice((f"{head}{body}{letter}", f"{head}-{body}-{letter}"))
    dotted = f"{body[:2]}.{body[2:5]}.{body[5:]}"
    shapes = f"{body}{letter}", f"{body}-{letter}", f"{body} {letter}", f"{dotted}-{letter}"
    return random.choice((*shapes, f"{body}{letter}".lower(), f"{dotted}{letter}"))


def ch_ahv(random: Random) -> str:
    """756 and EAN-13's check digit."""
    body = "756" + digits(random, 9, "0123456789")
    check = -sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10
    whole = f"{body}{check}"
    mark = random.choice("... ")
    return random.choice((mark.join((whole[:3], whole[3:7], whole[7:11], whole[11:])), whole))


def fi_hetu(random: Random) -> str:
    """Birthday, century sign (with the signs of 2023), order, letter by 31."""
    year, month, day = birth(random, 1940, 2015)
    body = f"{day:02}{month:02}{year % 100:02}", f"{random.randint(2, 899):03}"
    sign = random.choice("--YXWVU") if year < 2000 else random.choice("AABCDEF")
    return f"{body[0]}{sign}{body[1]}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(''.join(body)) % 31]}"


def de_tax_id(random: Random) -> str:
    """Ten digits of which one comes twice, ISO 7064 MOD 11,10."""
    pool = random.sample("0123456789", 9)
    body = [*pool, random.choice(pool)]
    while body[0] == "0" or body == pool:
        random.shuffle(body)
    product = 10
    for digit in map(int, body):
        product = ((digit + product) % 10 or 10) * 2 % 11
    whole = "".join(body) + str((11 - product) % 10)
    return random.choice((whole, f"{whole[:2]} {whole[2:5]} {whole[5:8]} {whole[8:]}"))


def be_rrn(random: Random) -> str:
    """Birthday, order, 97 less the rest by 97; from 2000 on with a 2 before it."""
    year, month, day = birth(random, 1940, 2015)
    body = f"{year % 100:02}{month:02}{day:02}{random.randint(1, 997):03}"
    whole = f"{body}{97 - int(('2' if year >= 2000 else '') + body) % 97:02}"
    parts = whole[:2], whole[2:4], whole[4:6], whole[6:9], whole[9:]
    dotted = "{}.{}.{}-{}.{}".format(*parts)
    return random.choice((dotted, dotted, "{}{}{}-{}-{}".format(*parts), " ".join(parts), whole))


def br_cpf(random: Random) -> str:
    """Two check digits by 11."""
    body = digits(random, 9, "0123456789")
    for weight in (10, 11):
        rest = weighted(body, tuple(range(weight, 1, -1))) * 10 % 11
        body += str(rest % 10)
    dotted = f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"
    return random.choice((dotted, dotted, body, f"{body[:9]}-{body[9:]}"))


def se_personnummer(random: Random) -> str:
    """Luhn over ten digits; two or four digits of the year."""
    year, month, day = birth(random)
    body = f"{year % 100:02}{month:02}{day:02}{random.randint(1, 999):03}"
    tail, mark = body[6:] + luhn(body), random.choice("--- ") if year < 2005 else "-"
    head = random.choice((body[:6], f"{year // 100}{body[:6]}"))
    return f"{head}{mark if len(head) == 6 else random.choice('-')}{tail}"


D5 = ["0123456789", "1234067895", "2340178956", "3401289567", "4012395678"]
D5 += ["5987604321", "6598710432", "7659821043", "8765932104", "9876543210"]
P8 = ["0123456789", "1576283094", "5803796142", "8916043527"]
P8 += ["9453126870", "4286573901", "2793806415", "7046913258"]


def in_aadhaar(random: Random) -> str:
    """Verhoeff's checksum; the first digit is 2 to 9."""
    body, state = digits(random, 11, "23456789"), 0
    for place, digit in enumerate(reversed(body), start=1):
        state = int(D5[state][int(P8[place % 8][int(digit)])])
    whole = body + next(d for d in "0123456789" if D5[state][int(d)] == "0")
    groups = whole[:4], whole[4:8], whole[8:]
    return random.choice((" ".join(groups), " ".join(groups), "-".join(groups), whole))


def ca_sin(random: Random) -> str:
    """Nine digits with Luhn's."""
    body = digits(random, 8, "12345679")
    whole = body + luhn(body)
    mark = random.choice(("-", " ", " ", ""))
    return mark.join((whole[:3], whole[3:6], whole[6:]))


def pl_pesel(random: Random) -> str:
    """Birthday (month + 20 from 2000 on), order, weights 1 3 7 9."""
    year, month, day = birth(random, 1940, 2015)
    month += 20 if year >= 2000 else 0
    body = f"{year % 100:02}{month:02}{day:02}{random.randint(0, 9999):04}"
    return f"{body}{-weighted(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10}"


def nl_bsn(random: Random) -> str:
    """The eleven test, the last digit with weight -1."""
    while True:
        body = digits(random, 8)
        check = weighted(body, tuple(range(9, 1, -1))) % 11
        if check < 10:
            whole = f"{body}{check}"
            grouped = f"{whole[:4]}.{whole[4:6]}.{whole[6:]}"
            return random.choice((whole, whole, grouped, f"{whole[:3]} {whole[3:6]} {whole[6:]}"))


def au_tfn(random: Random) -> str:
    """Nine digits whose weighted sum 11 divides."""
    while True:
        whole = digits(random, 9)
        if weighted(whole, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0:
            return random.choice((" ", " ", "", "-")).join((whole[:3], whole[3:6], whole[6:]))
