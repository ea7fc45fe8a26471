"""More countries' national numbers, for kinds that a team will meet sooner or later.

sg_nric: S1234567D        kr_rrn: 850312-1234563        mx_curp: GOMC850312HDFRRL09
"""

from random import Random

from benchmarks.planted.national import birth, digits, luhn, weighted


def dk_cpr(random: Random) -> str:
    """Birthday and four digits; without a checksum since 2007."""
    year, month, day = birth(random)
    tail = digits(random, 4, "0123")
    return f"{day:02}{month:02}{year % 100:02}{random.choice(('-', '-', ' ', ''))}{tail}"


def no_fodselsnummer(random: Random) -> str:
    """Birthday, order and two digits by 11."""
    while True:
        year, month, day = birth(random, 1940, 1999)
        body = f"{day:02}{month:02}{year % 100:02}{random.randint(0, 499):03}"
        first = -weighted(body, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
        if first < 10:
            body += str(first)
            second = -weighted(body, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
            if second < 10:
                return f"{body[:6]}{random.choice(('', ' '))}{body[6:]}{second}"


def sg_nric(random: Random) -> str:
    """A letter for the century, seven digits, a letter by 11."""
    head, body = random.choice("STFG"), digits(random, 7, "0123456789")
    total = weighted(body, (2, 7, 6, 5, 4, 3, 2)) + (4 if head in "TG" else 0)
    check = ("JZIHGFEDCBA" if head in "ST" else "XWUTRQPNMLK")[total % 11]
    return random.choice((f"{head}{body}{check}", f"{head}{body}{check}".lower()))


def kr_rrn(random: Random) -> str:
    """Birthday, sex and century, order, a digit by 11."""
    year, month, day = birth(random)
    sex = random.choice("12") if year < 2000 else random.choice("34")
    body = f"{year % 100:02}{month:02}{day:02}{sex}{digits(random, 5, '0123456789')}"
    check = (11 - weighted(body, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return f"{body[:6]}-{body[6:]}{check}"


def mx_curp(random: Random) -> str:
    """Letters of the name, birthday, sex, state, consonants, a digit by 10."""
    year, month, day = birth(random, 1940, 1999)
    name = (
        random.choice("GHLMRSTC") + random.choice("AEIOU") + "".join(random.choices("LMRSC", k=2))
    )
    state = random.choice(("DF", "JC", "NL", "MC", "PL", "VZ", "YN"))
    tail = "".join(random.choices("BCDFGLMNRSTZ", k=3))
    body = f"{name}{year % 100:02}{month:02}{day:02}{random.choice('HM')}{state}{tail}0"
    alphabet = "0123456789ABCDEFGHIJKLMN\u00d1OPQRSTUVWXYZ"
    total = sum(alphabet.index(c) * (18 - place) for place, c in enumerate(body))
    return f"{body}{-total % 10}"


def in_pan(random: Random) -> str:
    """Three letters, P for a person, the surname's letter, four digits, a letter."""
    letters = [chr(65 + random.randrange(26)) for _ in range(5)]
    return f"{''.join(letters[:3])}P{letters[3]}{digits(random, 4, '0123456789')}{letters[4]}"


def uk_nhs(random: Random) -> str:
    """Ten digits, the last by 11."""
    while True:
        body = digits(random, 9, "4679")
        check = -weighted(body, tuple(range(10, 1, -1))) % 11
        if check < 10:
            whole = f"{body}{check}"
            return random.choice((" ", " ", "-", "")).join((whole[:3], whole[3:6], whole[6:]))


def ie_pps(random: Random) -> str:
    """Seven digits and a letter by 23, often with a second letter."""
    body, second = digits(random, 7), random.choice(("", "A", "B"))
    total = weighted(body, (8, 7, 6, 5, 4, 3, 2)) + 9 * (ord(second) - 64 if second else 0)
    return f"{body}{'WABCDEFGHIJKLMNOPQRSTUV'[total % 23]}{second}"


def za_id(random: Random) -> str:
    """Birthday, order, citizenship, Luhn's digit."""
    year, month, day = birth(random, 1940, 1999)
    body = f"{year % 100:02}{month:02}{day:02}{random.randint(0, 9999):04}08"
    whole = body + luhn(body)
    return random.choice((whole, f"{whole[:6]} {whole[6:10]} {whole[10:]}"))


def tr_tckn(random: Random) -> str:
    """Eleven digits with two check digits."""
    body = digits(random, 9)
    odd, even = sum(map(int, body[::2])), sum(map(int, body[1::2]))
    body += str((odd * 7 - even) % 10)
    return f"{body}{sum(map(int, body)) % 10}"


def pt_nif(random: Random) -> str:
    """Nine digits, the last by 11."""
    body = digits(random, 8, "12")
    rest = weighted(body, tuple(range(9, 1, -1))) % 11
    whole = f"{body}{0 if rest < 2 else 11 - rest}"
    return random.choice((whole, f"{whole[:3]} {whole[3:6]} {whole[6:]}"))


def cl_rut(random: Random) -> str:
    """Seven or eight digits, the last sign by 11, with a K."""
    body = str(random.randint(5_000_000, 24_999_999))
    total = sum(int(d) * (2 + place % 6) for place, d in enumerate(reversed(body)))
    check = "0K987654321"[total % 11]
    return random.choice((f"{int(body):,}".replace(",", ".") + f"-{check}", f"{body}-{check}"))


def at_svnr(random: Random) -> str:
    """Three digits, a check digit by 11, the birthday."""
    year, month, day = birth(random)
    date = f"{day:02}{month:02}{year % 100:02}"
    while True:
        head = digits(random, 3)
        check = weighted(head + date, (3, 7, 9, 5, 8, 4, 2, 1, 6)) % 11
        if check < 10:
            return f"{head}{check}{random.choice((' ', ''))}{date}"
