"""National numbers beyond Europe.

    536-22-8145         →  [US_SSN_1]          2341 2341 2346   →  [IN_AADHAAR_1]
    529.982.247-25      →  [BR_CPF_1]          046 454 286      →  [CA_SIN_1]
    S1234567D           →  [SG_NRIC_1]         12.345.678-5     →  [CL_RUT_1]

Sources: each country's law or registrar, as named at its checksum.
"""

from chatloop.privacy.checksums import cpf, luhn, resident_id, tfn, verhoeff
from chatloop.privacy.national.checks import (
    curp,
    given_pan,
    nric,
    rrn,
    rrn_birthday,
    rut,
    za_identity,
)
from chatloop.privacy.national.number import national

_BIRTHDAY = "[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_NEVER_SSN = ("000", "666")


def _given_out(number: str) -> bool:
    """Area, group and serial are never all zeros; 666 and 9xx are not given out (20 CFR 422)."""
    area = number[:3] not in _NEVER_SSN and number[0] != "9"
    return area and number[3:5] != "00" and number[5:] != "0000"


US_SSN = national(
    "us_ssn",
    _given_out,
    # As people say it: "the last of my social"; but media are social, too.
    r"SSN|SS ?#|soc(?:ial)?\.? sec(?:urity)?\.?|social(?! (?:media|network|insurance))|ITIN",
    own=r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
    loose=r"[0-9]{3}[ .-]?[0-9]{2}[ .-]?[0-9]{4}",
    fragments=("ss", "soc", "itin"),
)

CA_SIN = national(
    "ca_sin",
    luhn,
    r"SIN|NAS|social insurance|assurance sociale",
    own=r"[0-9]{3}(?: [0-9]{3} |-[0-9]{3}-)[0-9]{3}",
    loose=r"[0-9]{3}[ .-]?[0-9]{3}[ .-]?[0-9]{3}",
    fragments=("sin", "nas", "social insurance", "assurance sociale"),
)

AU_TFN = national(
    "au_tfn",
    tfn,
    r"TFN|tax file",
    loose=r"[0-9]{3}[ .-]?[0-9]{3}[ .-]?[0-9]{3}",
)

BR_CPF = national(
    "br_cpf",
    cpf,
    r"CPF|CIC|cadastro de pessoas? f[ií]sicas?",
    own=r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
    loose=r"[0-9]{3}[ .]?[0-9]{3}[ .]?[0-9]{3}[ /-]?[0-9]{2}",
    fragments=("cpf", "cadastro"),
)

IN_AADHAAR = national(
    "in_aadhaar",
    verhoeff,
    r"aadhaa?r|UIDAI|UID",
    own=r"[2-9][0-9]{3}(?: [0-9]{4} |-[0-9]{4}-)[0-9]{4}",
    loose=r"[2-9][0-9]{3}[ .-]?[0-9]{4}[ .-]?[0-9]{4}",
    fragments=("aadha", "uid"),
)

CN_RESIDENT_ID = national(
    "cn_resident_id",
    resident_id,
    "身份证|resident (?:id|identity)",
    own=r"[1-9][0-9]{5} ?(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{2} ?[0-9]{3}[0-9X]",
)

SG_NRIC = national(
    "sg_nric",
    nric,
    "NRIC|FIN|identity card",
    own="[STFGM][0-9]{7}[A-Z]",
    loose="[STFGM][ -]?[0-9]{7}[ -]?[A-Z]",
    digits=7,
    lead=("[ 0-9-]", 1),
)

KR_RRN = (
    *national("kr_rrn", rrn, "", own=rf"{_BIRTHDAY}-[1-8][0-9]{{6}}"),
    *national(
        "kr_rrn",
        rrn_birthday,
        # With the particle that Korean writes at the end of a word.
        "주민(?:등록)?번호[가-힣]{0,2}|RRN|resident registration",
        loose=rf"{_BIRTHDAY}[ -]?[1-8][0-9]{{6}}",
        fragments=("주민", "rrn", "resident registration"),
    ),
)

MX_CURP = national(
    "mx_curp",
    curp,
    "",
    own=rf"[A-Z][AEIOUX][A-Z]{{2}}{_BIRTHDAY}[HMX][A-Z]{{2}}[B-DF-HJ-NP-TV-Z]{{3}}[0-9A-Z][0-9]",
    digits=7,
    lead=("[0-9]", 4),
)

IN_PAN = national(
    "in_pan",
    given_pan,
    "PAN|permanent account",
    # P is a person; others pay for companies, families and trusts.
    own="[A-Z]{3}P[A-Z][0-9]{4}[A-Z]",
    loose="[A-Z]{3}[ABCFGHJLPT][A-Z][ -]?[0-9]{4}[ -]?[A-Z]",
    digits=4,
    lead=("[ 0-9-]", 5),
)

ZA_ID = national(
    "za_id",
    za_identity,
    r"ID|identity|identiteits?(?:nommer)?",
    own=rf"{_BIRTHDAY} [0-9]{{4}} [0-2][0-9]{{2}}",
    loose=rf"{_BIRTHDAY}[ -]?[0-9]{{4}}[ -]?[0-2][0-9][ -]?[0-9]",
    fragments=("id",),
    digits=13,
)

CL_RUT = national(
    "cl_rut",
    rut,
    "RUT|RUN|rol [úu]nico",
    own=r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9K]",
    loose=r"[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{3} ?-? ?[0-9K]",
    fragments=("rut", "run", "rol"),
    digits=7,
)
