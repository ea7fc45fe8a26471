"""How a person is reached: email, phone.

    anna.berg@example.org            →  [EMAIL_1]
    (408) 971-8523, 0171 1234567     →  [PHONE_1], [PHONE_2]

A run of digits alone is no phone number: it is an order, a price, a code. It takes a `+`, the usual
grouping of a country, or a word such as `call` before it.
"""

import re

from chatloop.privacy.detector import Detector, digits
from chatloop.privacy.suspecting.leading import any_of, led

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
    sure=re.compile("@").search,
    patterns=(
        re.compile(
            r"(?<!\w)\w[\w.%+'-]{0,63}+@"
            r"(?:[^\W_](?:[\w-]{0,62}+)\.){1,8}[^\W\d_]{2,24}"
        ),
    ),
)

# anna (at) example (dot) org, anna%40example.org, anna dot berg at example dot org
_LABEL = r"[^\W_][\w-]{0,62}"
_SPELT_DOT = r"(?: ?[(\[{<] ?(?:dot|\.|punkt|punto|point) ?[)\]}>] ?| dot )"
_DOT = rf"(?:{_SPELT_DOT}|\.)"
_SURE_AT = r"(?: ?[(\[{<] ?(?:at|@) ?[)\]}>] ?|%40|&#(?:64|x40);|&commat;| @ )"
_LOCAL = r"(?<!\w)\w[\w.+-]{0,63}+(?: dot \w{1,30}+){0,3}+"
# What stands before `at` and is nobody's mailbox.
_NO_BOX = (
    r"(?!(?:me|us|you|him|her|them|it|address|account|e?-?mail|support|team|available|all|look"
    r"|looking|sent|is|are|was|out|free|shop|buy|that|this|be)\b)"
)


def _spelt_key(text: str) -> str:
    plain = re.sub(rf"{_SURE_AT}| at ", "@", text.casefold())
    return re.sub(_SPELT_DOT, ".", plain)


SPELT_EMAIL = Detector(
    kind="email",
    shape=(
        r"(?i:[(\[{<] ?(?:at|@) ?[)\]}>]|%40|&#(?:64|x40);|&commat;|[0-9a-z] @ [0-9a-z]"
        r"| at [0-9a-z-]{1,63}(?: dot |\.[a-z]))"
    ),
    patterns=(
        re.compile(
            rf"(?i)(?<!\w)(?=[\w.+-]{{1,64}}+(?:[(\[{{<%&]| [dat@(\[{{<])){_NO_BOX}{_LOCAL}"
            rf"{_SURE_AT}{_LABEL}(?:{_DOT}{_LABEL}){{0,4}}{_DOT}[a-z]{{2,24}}\b"
        ),
        re.compile(
            rf"(?i)(?<!\w)(?=[\w.+-]{{1,64}}+ [da]){_NO_BOX}{_LOCAL}"
            rf" at {_LABEL}(?: dot {_LABEL}){{0,4}} dot [a-z]{{2,24}}\b"
        ),
        re.compile(
            rf"(?i)\b(?:e-?mail|mail|address)\b[^\n@]{{0,25}}?(?<!\w)"
            rf"({_NO_BOX}\w[\w.+-]{{1,63}} at "
            r"(?:[\w-]{1,63}\.){1,3}[a-z]{2,24})\b"
        ),
    ),
    sure=re.compile(r"(?i)[@%&]|[ (\[{<]at[ )\]}>]").search,
    key=_spelt_key,
)

# 0475/12.34.56, and what only the words behind it tell: 4155550132 is my cell
_TOLD_BEHIND = (
    r" ?(?:(?:is|ist|est|es|è) (?:my|his|her|our|meine?|mon|ma|mi|il mio|mijn) (?:\w{1,12} )?"
    r"(?:cell|mobile|phone|tel|handy|mobil|portable|celular|móvil|cellulare|number|nummer)"
    r"|\((?:cell|mobile|phone|home|work|office|tel)\))"
)

PHONE = Detector(
    kind="phone",
    digits=7,
    shape=r"(?:[0-9][ .\-–‑/()]{0,3}){7}",
    sure=re.compile(r"[0-9](?:[ .\-–‑/()]{0,3}[0-9]){6}").search,
    patterns=(
        # +44 20 7517 1100, +49 (0)30 1234567, 0049 30 1234567; after +1 there are ten digits
        re.compile(
            led(
                "[+0]",
                rf"(?<![\w+])(?:\+1(?:{_JOIN}[0-9]){{10}}|\+[2-9](?:{_JOIN}[0-9]){{6,14}}"
                rf"|00[1-9](?:{_GAP}?[0-9]){{9,14}}){_EXTENSION}(?![0-9])",
            )
        ),
        # (408) 971-8523, 408.971.8523, 1-408-971-8523
        re.compile(
            led(
                "[(0-9]",
                rf"(?<![\w+-])(?<![0-9][.,])(?:1{_GAP})?(?:\([0-9]{{3}}\){_GAP}?|[0-9]{{3}}{_GAP})"
                rf"[0-9]{{3}}{_GAP}[0-9]{{4}}{_EXTENSION}(?![0-9]|[.-][0-9])",
            )
        ),
        # (408)9718523, 0475/12.34.56
        re.compile(
            led(
                "[(0]",
                r"(?<![\w(+-])(?:\([2-9][0-9]{2}\) ?[0-9]{7}"
                r"|0[1-9][0-9]{1,2}/[0-9]{2,3}(?:\.[0-9]{2}){2})"
                r"(?![0-9]|[.-][0-9])",
            )
        ),
        re.compile(led("[0-9]", rf"(?i:(?<![\w.,#-])([0-9]{{7,13}})(?={_TOLD_BEHIND}))")),
        # 手机号码：13800138000
        re.compile(
            r"(?:手机|手機|电话|電話|联系方式|微信|携帯|전화|휴대폰)[^0-9\n]{0,8}"
            r"((?:\+ ?)?[0-9](?:[ -]?[0-9]){6,14})(?![0-9])"
        ),
        # 020 7946 0958, (0161) 496 0000, 07700 900123, 030/1234567, 01 23 45 67 89
        re.compile(
            led(
                "[(0]",
                rf"(?<![\w.,+:/-])(?=(?:[ ./()–‑-]{{0,3}}[0-9]){{9}})(?:"
                rf"(?:0[1-9][0-9]{{1,4}}|\(0[1-9][0-9]{{1,4}}\))(?:(?: ?[\-–‑/] ?"
                rf"| )[0-9]{{2,8}}){{1,4}}"
                rf"|0[1-9](?:[ .-][0-9]{{2}}){{4}}){_EXTENSION}(?![0-9]|[./,:-][0-9])",
            )
        ),
        # (11) 91234-5678, 8 (912) 345-67-89, 612 34 56 78, 138 1234 5678, 98123 45678
        re.compile(
            led(
                "[(16-9]",
                r"(?<![\w.,+:/#-])(?<![0-9] )(?:\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]{4}"
                r"|[78] ?\([0-9]{3}\) ?[0-9]{3}(?:[ -]?[0-9]{2}){2}"
                r"|[67][0-9]{2}(?: [0-9]{2}){3}|1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}"
                r"|[6-9][0-9]{4}[ -][0-9]{5})(?! ?[0-9]|[./,:-][0-9])",
            )
        ),
        # 07700900123, 015123456789
        re.compile(
            led(
                "0",
                r"(?<![\w.,+:/#-])(?:0[1-378][0-9]{9}|01[5-7][0-9]{8,9})(?![\w]|[.,-][0-9])",
            )
        ),
        # call me on 5550123, tel: 4089718523, their number is 20 7071 5029
        re.compile(
            rf"(?i)\b{any_of(_CALLED)}{_LINK}(?<![\w,#-])(?<![0-9]\.)(?!{_DATE})"
            rf"(\(?[0-9](?:(?:{_GAP}|{_GAP}?[()]{_GAP}?)?[0-9]){{6,14}})(?![\w]|[.,:-][0-9])"
        ),
    ),
    length=_phone_length,
    key=digits,
)
