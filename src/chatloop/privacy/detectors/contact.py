"""How a person is reached: email, phone.

    anna.berg@example.org            →  [EMAIL_1]
    (408) 971-8523, 0171 1234567     →  [PHONE_1], [PHONE_2]

A run of digits alone is no phone number: it is an order, a price, a code. It takes a `+`, the usual
grouping of a country, or a word such as `call` before it.
"""

import re

from chatloop.privacy.detector import Detector, digits

_GAP = r"[ .\-–‑/]"
_JOIN = rf"(?:{_GAP}|\){_GAP}?| ?\()?"
_EXTENSION = r"(?: ?(?:x|ext\.?|extension) ?[0-9]{1,6}+)?"
_CALLED = (
    r"(?:tele)?phone|tel|mobile|cell|landline|fax|whatsapp|signal|viber|telegram|sms|call|dial"
    r"|ring|text"
    r"|reach(?:ed)?|contact|(?:my|his|her|their|direct|home|work|office|mobile|phone) (?:number"
    r"|line|no)"
    r"|t[ée]l[ée]phone|tel[ée]fono?|telef[oó]n(?:e|nummer|nr)?|handy(?:nummer|nr)?|ruf(?:nummer"
    r"|t?en)?"
    r"|mobil(?:nummer|nr|telefon)?|portable|cellulare|celular|móvil|telemóvel|puhelin|komórka"
    r"|telefoon"
    r"|(?:mon|mi|il mio|o meu|meu|mijn|meine|min|mój) (?:num[ée]ro|número|nummer|numer)|телефон"
    r"|номер"
)
_LINK = (
    r"(?![^\W\d_])(?:\W{0,3}\b(?:number|nummer|no|nr|is|on|at|under|me|us|him|her|them|my|the|es"
    r"|est|è|é"
    r"|ist|to|an|mich|unter|al|au|il|le|el)\b){0,4}\W{0,4}"
)
_DATE = r"(?:[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4})(?![0-9])"
_DIGITS = range(7, 15 + 6 + 1)  # E.164 allows fifteen; an extension has up to six


def _phone_length(text: str) -> int:
    return len(text) if len(digits(text)) in _DIGITS else 0


EMAIL = Detector(
    kind="email",
    shape="@",
    patterns=(
        re.compile(
            r"(?<!\w)\w[\w.%+'-]{0,63}+@"
            r"(?:[^\W_](?:[\w-]{0,62}+)\.){1,8}[^\W\d_]{2,24}"
        ),
    ),
)

PHONE = Detector(
    kind="phone",
    digits=7,
    shape=r"(?:[0-9][ .\-–‑/()]{0,3}){7}",
    # What is quickly told of a place in the text, the first sign, comes first.
    patterns=(
        # +44 20 7517 1100, +49 (0)30 1234567, 0049 30 1234567; after +1 there are ten digits
        re.compile(
            rf"(?=[+0])(?<![\w+])(?:\+1(?:{_JOIN}[0-9]){{10}}|\+[2-9](?:{_JOIN}[0-9]){{6,14}}"
            rf"|00[1-9](?:{_GAP}?[0-9]){{9,14}}){_EXTENSION}(?![0-9])"
        ),
        # (408) 971-8523, 408.971.8523, 1-408-971-8523
        re.compile(
            rf"(?=[(0-9])(?<![\w+-])(?<![0-9][.,])(?:1{_GAP})?(?:\([0-9]{{3}}\){_GAP}?|[0-9]{{3}}{_GAP})"
            rf"[0-9]{{3}}{_GAP}[0-9]{{4}}{_EXTENSION}(?![0-9]|[.-][0-9])"
        ),
        # 020 7946 0958, (0161) 496 0000, 07700 900123, 030/1234567, 01 23 45 67 89
        re.compile(
            rf"(?=[(0])(?<![\w.,+:/-])(?=(?:[ ./()–‑-]{{0,3}}[0-9]){{9}})(?:"
            rf"(?:0[1-9][0-9]{{1,4}}|\(0[1-9][0-9]{{1,4}}\))(?:(?: ?[\-–‑/] ?"
            rf"| )[0-9]{{2,8}}){{1,4}}"
            rf"|0[1-9](?:[ .-][0-9]{{2}}){{4}}){_EXTENSION}(?![0-9]|[./,:-][0-9])"
        ),
        # (11) 91234-5678, 8 (912) 345-67-89, 612 34 56 78, 138 1234 5678, 98123 45678
        re.compile(
            r"(?=[(0-9])(?<![\w.,+:/#-])(?<![0-9] )(?:\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]{4}"
            r"|[78] ?\([0-9]{3}\) ?[0-9]{3}(?:[ -]?[0-9]{2}){2}"
            r"|[67][0-9]{2}(?: [0-9]{2}){3}|1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}"
            r"|[6-9][0-9]{4}[ -][0-9]{5})(?! ?[0-9]|[./,:-][0-9])"
        ),
        # 07700900123, 015123456789
        re.compile(r"(?<![\w.,+:/#-])(?:0[1-378][0-9]{9}|01[5-7][0-9]{8,9})(?![\w]|[.,-][0-9])"),
        # call me on 5550123, tel: 4089718523, their number is 20 7071 5029
        re.compile(
            rf"(?i)\b(?:{_CALLED}){_LINK}(?<![\w,#-])(?<![0-9]\.)(?!{_DATE})"
            rf"(\(?[0-9](?:(?:{_GAP}|{_GAP}?[()]{_GAP}?)?[0-9]){{6,14}})(?![\w]|[.,:-][0-9])"
        ),
    ),
    length=_phone_length,
    key=digits,
)
