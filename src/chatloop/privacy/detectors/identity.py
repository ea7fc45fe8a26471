"""Who a person is and where: passport, driving_licence, date_of_birth, geo.

    passport no. C01X00T47         →  passport no. [PASSPORT_1]
    born on 4 March 1985           →  born on [DATE_OF_BIRTH_1]
    my cab is at 52.5200, 13.4050  →  my cab is at [GEO_1]

A date is a date of birth only beside a word that says so, and only with its year. The numbers of
papers have too many shapes to stand alone; but for British licences they need their word.
"""

import re

from chatloop.privacy.detector import Detector, alphanumeric
from chatloop.privacy.suspecting.context import bare, before, near, standing
from chatloop.privacy.suspecting.leading import LETTER, SIGN, any_of, led

_PASSPORT = (
    "passports?(?:[_ ](?:number|no|nr|id))?|pp ?(?:no|number)|reisepass(?:nummer|nr)?|passnummer"
    r"|(?:personal)?ausweis(?:nummer|nr)?"
    "|passeport|pasaporte|passaporto|passaporte"
    "|paspoort(?:nummer)?|paszportu?"
)
_LICENCE = (
    r"driv(?:ing|er|ers|er's|er’s|ers'|ers’)?[ _]?licen[cs]e|licen[cs]e (?:number|no|nr|#|id)|DL"
    r"|DVLA"
    r"|f(?:ü|ue)hrerschein(?:nummer|nr)?|permis de conduire|permiso de conducir"
    r"|carn[ée]t? de conducir"
    r"|licencia de (?:conducir|manejo)|patente(?: di guida)?|rijbewijs(?:nummer)?|prawo jazdy"
    r"|carta de condução|carteira de (?:motorista|habilitação)|CNH|körkort(?:snummer)?|førerkort"
    r"|kørekort|ajokortti|ehliyet"
)
# A short word before digits is no letter of a number.
_NO_WORD = r"(?!(?:is|no|nr|to|it|of|on|in|at|was|are|ist|est|es|è)\b)"
_PAPER = rf"(?=[A-Z]{{0,5}}[0-9])[A-Z0-9]{{6,12}}+|{_NO_WORD}[A-Z]{{1,3}} [0-9]{{6,9}}|[A-Z] ?[0-9]{{2}} [0-9]{{5}}"
_DL = (
    "(?=[A-Z]{0,9}[0-9])[A-Z0-9]{3,18}+(?:[ -][0-9]{1,11}){0,4}"
    rf"|{_NO_WORD}[A-Z]{{1,3}}[0-9]{{0,2}}[ -][0-9]{{5,11}}"
    rf"|[A-Z]{{1,3}}-[0-9]{{2,3}}(?:-[0-9]{{1,6}}){{1,4}}"
)
_LEAST_DIGITS, _LEAST, _MOST = 3, 6, 20
_MONTHS = (
    "jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|f[ée]v(?:rier)?|mar(?:ch|s|zo)?|m[äa]rz|apr(?:il"
    "|ile)?"
    "|avril|abr(?:il)?|may|mai|maggio|mayo|maio|maj|june?|juni|juin|junio|giugno|july?|juli|juillet"
    "|julio|luglio|aug(?:ust|ustus|usti)?|août|agosto|sep(?:t(?:ember|embre)?|tiembre)?|settembre"
    "|setembro|o[ck]t(?:ober|obre)?|octubre|ottobre|outubro|nov(?:ember|embre|iembre|embro)?"
    "|de[cz](?:ember|iembre|embre|embro)?|d[ée]c(?:embre)?|dic(?:embre|iembre)?|gennaio|febbraio"
    "|enero|febrero|fevereiro|janeiro|março|junho|julho|januari|februari|maart|mei|augustus"
)
_MONTH = rf"(?:{_MONTHS})\.?"
_ORDINAL = (
    r"(?:twenty|thirty)[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|first"
    r"|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth"
    r"|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth"
)
_DAY = rf"(?:[0-9]{{1,2}}(?:st|nd|rd|th|er|\.|º)?|{_ORDINAL})"
_YEAR = r"(?:19|20)[0-9]{2}"
# Behind a month by name two digits are a year: 23 Jul '90
_LATE_YEAR = rf"(?:{_YEAR}|['’]?[0-9]{{2}})"
_OF = r"(?: of| de| di)?"
_DATE = (
    rf"{_YEAR}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}"
    rf"|[0-9]{{1,2}}[-/. ] ?[0-9]{{1,2}}[-/. ] ?(?:{_YEAR}|['’]?[0-9]{{2}})"
    rf"|{_YEAR} ?[年년] ?[0-9]{{1,2}} ?[月월] ?[0-9]{{1,2}} ?[日일]"
    rf"|(?:the )?{_DAY}{_OF}[ -]{{1,2}}{_MONTH}(?: de| del)?,?[ -]{{1,2}}{_LATE_YEAR}"
    rf"|{_YEAR},?[ -]{{1,2}}{_MONTH}[ -]{{1,2}}{_DAY}"
    rf"|{_MONTH}[ -]{{1,2}}(?:the )?{_DAY},?[ -]{{1,2}}{_LATE_YEAR}"
)
_BORN = (
    r"date[ _-]?of[ _-]?birth|birth[- ]?date|birthday|b-?day|born|d\.?o\.?b\.?|geboren|geb\.?|geburtsdatum"
    r"|geburtstag|date de naissance|née?(?: le)?|né\(e\) le|naissance|nacid[oa]|nac[ií]"
    r"|fecha de nacimiento"
    r"|compleanno|cumpleaños|aniversário|anniversaire|verjaardag|nat[oa](?: a \w{2,20})? il|data di nascita"
    r"|nascid[oa]"
    r"|nasci|data de nascimento|geboortedatum|urodz(?:on[yae]|iłem|iłam)|data urodzenia|född"
    r"|födelsedatum|født|fødselsdato|syntynyt|syntymäaika|дата рождения|родил(?:ся|ась)"
    r"|doğum tarihi"
    r"|doğdum|出生日期|生日|生年月日|생년월일|γεννήθηκα|datum narození|narozen[aý]?|születtem"
)
_LATITUDE, _LONGITUDE = 90.0, 180.0


def _paper_length(text: str) -> int:
    """A number of a paper has digits enough; what is shorter or longer is something else."""
    signs = alphanumeric(text)
    enough = sum(map(str.isdecimal, signs)) >= _LEAST_DIGITS
    return len(text) if enough and _LEAST <= len(signs) <= _MOST else 0


def _geo_length(text: str) -> int:
    numbers = [abs(float(number)) for number in re.findall(r"[0-9]{1,3}\.[0-9]{1,20}", text)]
    # Two numbers below one are scores or losses; what lies there is sea.
    fits = min(numbers) <= _LATITUDE and 1 <= max(numbers) <= _LONGITUDE
    return len(text) if fits else 0


def _called(words: str) -> str:
    """One of the words for Rust, no letter before it."""
    return f"(?i:(?:^|[^a-z])(?:{words}))"


PASSPORT = Detector(
    kind="passport",
    digits=3,
    words=(
        "passp",
        "passe",
        "passn",
        "reisep",
        "ausweis",
        "pasap",
        "passap",
        "paspo",
        "paszp",
        "pp",
    ),
    shape=_called(_PASSPORT),
    sure=bare(_PAPER, (SIGN, 0)).search,
    patterns=(near(_PASSPORT, _PAPER), before(_PASSPORT, _PAPER)),
    length=_paper_length,
    key=alphanumeric,
)

_GB_LICENCE = r"[A-Z]{1,5}9{0,4}[0-9][0156][0-9][0-3][0-9]{2}[A-Z][A-Z9][0-9A-Z]{3}"

DRIVING_LICENCE = Detector(
    kind="driving_licence",
    digits=3,
    words=(
        *("licen", "dvla", "hrerschein", "permis", "patente", "rijbewijs", "prawo jazdy", "dl"),
        *("carteira", "cnh", "conducir", "carta de cond", "rkort", "ajokortti", "ehliyet"),
    ),
    shape=_called(_LICENCE),
    sure=bare(_DL, (SIGN, 0)).search,
    patterns=(near(_LICENCE, _DL), before(_LICENCE, _DL)),
    length=_paper_length,
    key=alphanumeric,
)

GB_LICENCE = Detector(
    kind="driving_licence",
    digits=6,
    shape=f"(?i:{_GB_LICENCE})",
    patterns=(standing(_GB_LICENCE, (LETTER, 0)),),
    length=_paper_length,
    key=alphanumeric,
)

DATE_OF_BIRTH = Detector(
    kind="date_of_birth",
    digits=3,
    words=(
        *("birth", "b-day", "bday", "born", "dob", "d.o", "do.b", "geb", "naiss", "annivers"),
        *("né", "nac", "nasc", "nato ", "nata ", "urodz", "född", "delsed", "compleanno"),
        *("cumplea", "anivers", "verjaardag", "født", "dselsdato", "syntyn", "syntym"),
        *(
            "дата рождения",
            "родил",
            "Дата рождения",
            "Родил",
            "um tarihi",
            "dum",
            "出生日期",
            "生日",
        ),
        *("生年月日", "생년월일", "γενν", "narozen", "sz"),
    ),
    patterns=(
        re.compile(
            rf"(?i)\b{any_of(_BORN)}(?!\w)"
            rf"(?:[^0-9\n!?\[\]]{{0,30}}?|[ :]{{0,3}}\n[\n >*-]{{0,3}})(?<!\w)({_DATE})(?![0-9])"
        ),
        re.compile(
            rf"(?i)(?<![\w.,/-])({any_of(_DATE)})(?![0-9])(?=[^0-9\n.!?\[\]]{{1,20}}"
            r"\b(?:date of birth|birth ?date|birthday|d\.?o\.?b|geburtsdatum|geboren)\b)"
        ),
    ),
    key=alphanumeric,
)

GEO = Detector(
    kind="geo",
    digits=8,
    shape=r"[0-9]\.[0-9]{3}",
    sure=re.compile(r"[0-9]\.[0-9]{3}").search,
    patterns=(
        re.compile(
            led(
                "[-+0-9]",
                r"(?<![\w.])[-+]?[0-9]{1,2}\.[0-9]{3,20}+ ?°? ?[NS]?"
                r"(?: ?[,;/] ?| )[-+]?[0-9]{1,3}\.[0-9]{3,20}+(?: ?°)?(?: ?[EWO]\b)?",
            )
        ),
        # POINT(13.4050 52.5200), as well-known text has them: longitude first
        re.compile(
            led(
                "[Pp]",
                r"(?i:\bPOINT ?Z? ?\( ?"
                r"([-+]?[0-9]{1,3}\.[0-9]{3,20}+ [-+]?[0-9]{1,2}\.[0-9]{3,20}+))",
            )
        ),
        # lat: 52.5200, lon: 13.4050
        re.compile(
            led(
                "[Ll]",
                r"(?i:\blat(?:itude)?\b\W{0,4}([-+]?[0-9]{1,2}\.[0-9]{3,20}+[^0-9\n]{1,8}?"
                r"\b(?:lon(?:g(?:itude)?)?|lng)\b\W{0,4}?[-+]?[0-9]{1,3}\.[0-9]{3,20}+))",
            )
        ),
    ),
    length=_geo_length,
    key=lambda text: re.sub(r"[^0-9.,-]", "", text),
)

# 52°31'12"N 13°24'18"E, N 52° 31.200 E 13° 24.300, 52 deg 31 min N
_SECONDS = r"(?:[0-9]{1,2}(?:\.[0-9]{1,6})? ?[′'’]? ?)?(?:[0-9.]{1,8} ?(?:[″\"”]|''|’’) ?)?"
_DEGREES = rf"[0-9]{{1,3}}(?:\.[0-9]{{1,8}})? ?° ?{_SECONDS}"

GEO_DEGREES = Detector(
    kind="geo",
    digits=1,
    shape="°",
    sure=re.compile("°").search,
    patterns=(
        re.compile(led("[0-9]", rf"(?<!\w){_DEGREES}[NS][,;/ ]{{0,3}}{_DEGREES}[EWO]\b")),
        re.compile(led("[NS]", rf"(?<!\w)[NS] ?{_DEGREES}[,;/ ]{{0,3}}[EWO] ?{_DEGREES}")),
    ),
    key=alphanumeric,
)
