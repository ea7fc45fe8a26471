"""Check digits: what tells a number that was given out from one that only looks like it.

    luhn("4539578763621486")  →  True       luhn("4539578763621487")  →  False

Each takes the digits (and letters, upper case) alone, of a length that its pattern has seen to.
"""

from datetime import date

# The digits of twice a digit, added.
_DOUBLED = {str(digit): sum(divmod(2 * digit, 10)) for digit in range(10)}
_VERHOEFF_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
# Values of a character on an odd place of a codice fiscale (D.M. 23/12/1976); even ones count up.
_FISCAL_ODD = (
    *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18),
    *(20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
)


def luhn(number: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1, annex B)."""
    doubled = sum(map(_DOUBLED.__getitem__, number[-2::-2]))
    return (sum(map(int, number[::-2])) + doubled) % 10 == 0


def mod97(iban: str) -> bool:
    """Whether the two digits after the country check the rest (ISO 7064, MOD 97-10)."""
    rearranged = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in rearranged)) % 97 == 1


def weighted(number: str, weights: tuple[int, ...]) -> int:
    """The sum of the first digits, each by its weight."""
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))


def mod11_10(number: str) -> bool:
    """Whether the last digit checks the others (ISO 7064, MOD 11,10)."""
    product = 10
    for digit in number[:-1]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(number[-1])


def mod11_2(number: str) -> bool:
    """Whether the last digit, or X, checks the others (ISO 7064, MOD 11-2)."""
    total = 0
    for digit in number[:-1]:
        total = (total + int(digit)) * 2 % 11
    return "0123456789X"[(12 - total) % 11] == number[-1]


def verhoeff(number: str) -> bool:
    """Whether the last digit checks the others in the dihedral group D5 (Verhoeff, 1969)."""
    check = 0
    for place, character in enumerate(reversed(number)):
        digit = int(character)
        for _ in range(place % 8):
            digit = _VERHOEFF_TURN[digit]
        check = _dihedral(check, digit)
    return check == 0


def _dihedral(one: int, other: int) -> int:
    """The product in D5: 0 to 4 are turns, 5 to 9 are turns after a flip."""
    flips = (one >= 5) ^ (other >= 5)  # noqa: PLR2004
    turned = (one + other) if one < 5 else (one - other)  # noqa: PLR2004
    return turned % 5 + 5 * flips


def ean13(number: str) -> bool:
    """Whether the last of thirteen digits checks the others (GS1)."""
    return weighted(number, (1, 3) * 6 + (1,)) % 10 == 0


def steuer_id(number: str) -> bool:
    """German tax id: MOD 11,10, and of the first ten digits one or two stand for a missing one."""
    kinds = len(set(number[:10]))
    return kinds in {8, 9} and mod11_10(number)


def nir(number: str) -> bool:
    """French NIR: the last two digits are 97 less the rest; 2A and 2B are Corsica (INSEE)."""
    corsica = number[:13].replace("2A", "19").replace("2B", "18")
    return corsica.isdecimal() and 97 - int(corsica) % 97 == int(number[13:])


def dni(number: str) -> bool:
    """Spanish DNI and NIE: the letter is the remainder by 23; X, Y, Z stand for 0, 1, 2."""
    digits = str("XYZ".find(number[0])) + number[1:-1] if number[0] in "XYZ" else number[:-1]
    return _DNI_LETTERS[int(digits) % 23] == number[-1]


def codice_fiscale(code: str) -> bool:
    """Italian tax code: the sixteenth letter by the places of the others."""
    total = 0
    for place, character in enumerate(code[:15]):
        value = int(character) if character.isdecimal() else ord(character) - ord("A")
        total += value if place % 2 else _FISCAL_ODD[value]
    return chr(ord("A") + total % 26) == code[15]


def bsn(number: str) -> bool:
    """Dutch BSN: the eleven test."""
    return weighted(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and int(number) > 0


def pesel(number: str) -> bool:
    """Polish PESEL: a birthday, its century in the month, and a weighted sum."""
    month = int(number[2:4])
    century = {0: 1900, 1: 2000, 2: 2100, 3: 2200, 4: 1800}[month // 20]
    born = is_date(century + int(number[:2]), month % 20, int(number[4:6]))
    return born and weighted(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def personnummer(number: str) -> bool:
    """Swedish personnummer: a birthday (the day plus 60: coordination number) and Luhn."""
    ten = number[-10:]
    day = int(ten[4:6])
    return is_date(2000, int(ten[2:4]), day - 60 if day > 60 else day) and luhn(ten)  # noqa: PLR2004


def cpf(number: str) -> bool:
    """Brazilian CPF: two check digits; eleven equal digits are none."""
    weights = (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
    first = weighted(number[:9], weights[1:]) * 10 % 11 % 10
    second = weighted(number[:10], weights) * 10 % 11 % 10
    return len(set(number)) > 1 and number[9:] == f"{first}{second}"


def resident_id(number: str) -> bool:
    """Chinese resident id (GB 11643): a birthday and MOD 11-2."""
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    return is_date(year, month, day) and mod11_2(number)


def tfn(number: str) -> bool:
    """Australian tax file number: a weighted sum of nine digits."""
    return weighted(number, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def rijksregister(number: str) -> bool:
    """Belgian national number: 97 less the rest; a 2 before it for those born from 2000 on."""
    body, check = number[:9], int(number[9:])
    return check in {97 - int(body) % 97, 97 - int("2" + body) % 97}


def hetu(number: str) -> bool:
    """Finnish personal identity code: the remainder by 31 names the last character."""
    named = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(number[:6] + number[-4:-1]) % 31]
    return is_date(2000, int(number[2:4]), int(number[:2])) and named == number[-1]


def is_date(year: int, month: int, day: int) -> bool:
    """Whether the calendar has that day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
