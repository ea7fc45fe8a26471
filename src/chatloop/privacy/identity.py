"""Who a person is and where: us_ssn, uk_nino, date_of_birth, geo.

    born on 4 March 1985         →  born on [DATE_OF_BIRTH_1]
    my cab is at 52.5200, 13.4050  →  my cab is at [GEO_1]

A date is a date of birth only after a word that says so, and only with its year.
"""

import re

from chatloop.privacy.detector import Detector, alphanumeric, digits

_MONTH = (
    r"(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli"
    r"|aug(?:ust)?|sep(?:t(?:ember)?)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?"
)
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th|\.)?"
_YEAR = r"(?:19|20)[0-9]{2}"
_DATE = (
    rf"{_YEAR}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}"
    rf"|[0-9]{{1,2}}[-/.] ?[0-9]{{1,2}}[-/.] ?(?:{_YEAR}|[0-9]{{2}})"
    rf"|(?:the )?{_DAY}(?: of)?[ -]{{1,2}}{_MONTH},?[ -]{{1,2}}{_YEAR}"
    rf"|{_MONTH}[ -]{{1,2}}(?:the )?{_DAY},?[ -]{{1,2}}{_YEAR}"
)
_LATITUDE, _LONGITUDE = 90.0, 180.0


def _geo_length(text: str) -> int:
    numbers = [abs(float(number)) for number in re.findall(r"[0-9]{1,3}\.[0-9]{1,20}", text)]
    return len(text) if numbers[0] <= _LATITUDE and numbers[1] <= _LONGITUDE else 0


US_SSN = Detector(
    kind="us_ssn",
    suspect=r"[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{4}",
    patterns=(
        # Area, group and serial are never all zeros; 666 and 9xx are not given out.
        re.compile(r"(?<![\w-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?!\w|-[0-9])"),
        re.compile(
            r"(?i)\b(?:ssn|social security)\b(?:\W{0,3}\b(?:number|no|is)\b){0,3}\W{0,4}"
            r"(?<![\w-])([0-9]{3} ?[0-9]{2} ?[0-9]{4})(?!\w|-[0-9])"
        ),
    ),
    key=digits,
)

UK_NINO = Detector(
    kind="uk_nino",
    suspect=r"(?i)[a-z]{2} ?(?:[0-9]{2} ?){3}[a-d]",
    patterns=(
        # QQ is the prefix that official examples use.
        re.compile(
            r"(?i)(?<![A-Za-z0-9])(?:qq|(?!bg|gb|kn|nk|nt|tn|zz)[a-ceghj-prstw-z][a-ceghj-nprstw-z])"
            r" ?(?:[0-9]{2} ?){3}[a-d](?![A-Za-z0-9])"
        ),
    ),
    key=alphanumeric,
)

DATE_OF_BIRTH = Detector(
    kind="date_of_birth",
    suspect=r"(?i)birth|born|d\.?o\.?b|geboren|geburt",
    patterns=(
        re.compile(
            r"(?i)\b(?:date of birth|birth ?date|birthday|born|d\.?o\.?b|geboren|geburtsdatum)\b"
            r"(?:\W{0,3}\b(?:is|was|on|in|the|am|ist|it's|its)\b){0,3}\W{0,4}"
            rf"(?<!\w)({_DATE})(?![0-9])"
        ),
    ),
    key=alphanumeric,
)

GEO = Detector(
    kind="geo",
    suspect=r"[0-9]\.[0-9]{3}",
    patterns=(
        re.compile(
            r"(?<![\w.])[-+]?[0-9]{1,2}\.[0-9]{3,20}+ ?°? ?[NS]?"
            r"(?: ?[,;/] ?| )[-+]?[0-9]{1,3}\.[0-9]{3,20}+(?: ?°)?(?: ?[EW]\b)?"
        ),
    ),
    length=_geo_length,
    key=lambda text: re.sub(r"[^0-9.,-]", "", text),
)
