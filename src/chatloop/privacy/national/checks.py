"""Check digits of single countries: birthdays in the number, letters and sums of their own.

    fodselsnummer("13097248022")  →  True       fodselsnummer("13097248023")  →  False

Each takes letters (upper case) and digits alone, of a length that the pattern has seen to.
"""

from chatloop.privacy.checksums import is_date, luhn, weighted

_LEAP = 2000  # a year without its century may be any; this one has a 29 February
_SINGAPORE = {
    **dict.fromkeys("ST", "JZIHGFEDCBA"),
    **dict.fromkeys("FG", "XWUTRQPNMLK"),
    "M": "XWUTRQPNJLK",
}
_CURP_SIGNS = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_IRISH = "WABCDEFGHIJKLMNOPQRSTUV"


def _day_first(number: str) -> bool:
    """Whether it begins with a day of the calendar, as DDMMYY."""
    return is_date(_LEAP, int(number[2:4]), int(number[:2]))


def _year_first(number: str) -> bool:
    """Whether it begins with a day of the calendar, as YYMMDD."""
    return is_date(_LEAP, int(number[2:4]), int(number[4:6]))


def cpr_birthday(number: str) -> bool:
    """Danish CPR number: a birthday; since 2007 some have no check digit (CPR-kontoret)."""
    return _day_first(number)


def cpr(number: str) -> bool:
    """Danish CPR number as until 2007: a birthday, and the weighted sum is one of 11."""
    return _day_first(number) and weighted(number, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def fodselsnummer(number: str) -> bool:
    """Norwegian fødselsnummer and D-nummer (the day plus 40): a birthday and two sums by 11.

    Source: Skatteetaten, on the identity number's form.
    """
    day = int(number[:2])
    born = is_date(_LEAP, int(number[2:4]), day - 40 if day > 40 else day)  # noqa: PLR2004
    first = weighted(number, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
    return born and first and weighted(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def nric(number: str) -> bool:
    """Singapore's NRIC and FIN: seven digits, of which the last letter is the sum by 11.

    T and G, of this century, add four, M adds three; the letters are as widely published, the
    registrar (ICA) names none.
    """
    more = {"T": 4, "G": 4, "M": 3}.get(number[0], 0)
    total = more + weighted(number[1:8], (2, 7, 6, 5, 4, 3, 2))
    return _SINGAPORE[number[0]][total % 11] == number[8]


def rrn_birthday(number: str) -> bool:
    """Korean RRN: a birthday; since October 2020 the rest is random (Ministry of the Interior)."""
    return _year_first(number)


def rrn(number: str) -> bool:
    """Korean RRN as until 2020: a birthday, and a digit by 11."""
    total = weighted(number, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5))
    return _year_first(number) and (11 - total % 11) % 10 == int(number[12])


def curp(number: str) -> bool:
    """Mexican CURP: a birthday and a digit by 10 over all other signs (RENAPO, DOF 18/10/2021)."""
    total = sum((18 - place) * _CURP_SIGNS.index(sign) for place, sign in enumerate(number[:17]))
    return _year_first(number[4:10]) and -total % 10 == int(number[17])


def given_pan(_: str) -> bool:
    """Indian PAN: its last letter is a check by a sum that the tax department keeps to itself."""
    return True


def nhs(number: str) -> bool:
    """British NHS number: the weighted sum by 11 (NHS Data Dictionary)."""
    return weighted(number, (10, 9, 8, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def pps(number: str) -> bool:
    """Irish PPS number: a letter by 23; a second one counts nine times (Revenue, since 2013)."""
    second = number[8:]
    more = 9 * (ord(second) - ord("A") + 1) if second and second != "W" else 0
    return _IRISH[(weighted(number[:7], (8, 7, 6, 5, 4, 3, 2)) + more) % 23] == number[7]


def za_identity(number: str) -> bool:
    """South African identity number: a birthday, the status and Luhn (Act 68 of 1997)."""
    return _year_first(number) and number[10] in "012" and luhn(number)


def kimlik(number: str) -> bool:
    """Turkish identity number: a digit by 7 and 10, and one by the sum of all (NVI)."""
    signs = [int(sign) for sign in number]
    tenth = (7 * sum(signs[:9:2]) - sum(signs[1:8:2])) % 10
    return tenth == signs[9] and sum(signs[:10]) % 10 == signs[10]


def nif(number: str) -> bool:
    """Portuguese NIF: a digit by 11, where ten counts as none (Decreto-Lei 14/2013)."""
    rest = weighted(number[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (11 - rest if rest > 1 else 0) == int(number[8])


def rut(number: str) -> bool:
    """Chilean RUT: weights from 2 to 7, from the right; K is ten (Servicio de Impuestos)."""
    body = enumerate(reversed(number[:-1]))
    total = sum(int(sign) * (2 + place % 6) for place, sign in body)
    return "0K987654321"[total % 11] == number[-1]


def svnr(number: str) -> bool:
    """Austrian insurance number: its fourth digit by 11, then a birthday (ASVG; month 13 to 15
    where no birthday is left)."""
    day, month = int(number[4:6]), int(number[6:8])
    born = is_date(_LEAP, month - 12 if 12 < month < 16 else month, day)  # noqa: PLR2004
    others = number[:3] + number[4:]
    return born and weighted(others, (3, 7, 9, 5, 8, 4, 2, 1, 6)) % 11 == int(number[3])
