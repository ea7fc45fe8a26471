"""European national numbers.

    86 095 742 719      →  [DE_TAX_ID_1]       85 07 30-033 28  →  [BE_RRN_1]
    12345678Z           →  [ES_DNI_1]          RSSMRA85T10A562S →  [IT_CODICE_FISCALE_1]
    130972 48022        →  [NO_FODSELSNUMMER_1]  1234567T        →  [IE_PPS_1]

Sources: each country's law or registrar, as named at its checksum.
"""

from chatloop.privacy.checksums import (
    bsn,
    codice_fiscale,
    dni,
    ean13,
    hetu,
    nir,
    personnummer,
    pesel,
    rijksregister,
    steuer_id,
)
from chatloop.privacy.national.checks import (
    cpr,
    cpr_birthday,
    fodselsnummer,
    kimlik,
    nhs,
    nif,
    pps,
    svnr,
)
from chatloop.privacy.national.number import national
from chatloop.privacy.suspecting.leading import LETTER

_MONTH = "(?:0[1-9]|1[0-2])"
_DAY = "(?:0[1-9]|[12][0-9]|3[01])"
# From the fifteen places of a codice fiscale seven digits may have become letters (omocodia).
_DIGIT = "[0-9LMNPQRSTUV]"
_NEVER_NINO = ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def _nino(number: str) -> bool:
    """Some prefixes are not given out (HMRC, NIM39110)."""
    return not number.startswith(_NEVER_NINO)


UK_NINO = national(
    "uk_nino",
    _nino,
    r"NI(?:NO)? ?(?:number|no|nr)?|nat(?:ional|\.)? ?ins(?:urance|\.)?",
    # QQ is the prefix that official examples use.
    own=r"(?:qq|[a-ceghj-prstw-z][a-ceghj-nprstw-z])(?: ?[0-9]{2}){3} ?[a-d]",
    loose=r"[a-z]{2}[ .-]?(?:[0-9]{2}[ .-]?){2}[0-9]{2}(?:[ .-]?[a-d])?",
    fragments=("ni", "nat"),
    digits=6,
    lead=("[ .0-9-]", 2),
)

IT_CODICE_FISCALE = national(
    "it_codice_fiscale",
    codice_fiscale,
    "codice fiscale|tax code",
    own=rf"[A-Z]{{3}} ?[A-Z]{{3}} ?{_DIGIT}{{2}}[A-EHLMPRST]{_DIGIT}{{2}} ?[A-Z]{_DIGIT}{{3}}[A-Z]",
    loose=rf"[A-Z]{{3}} ?[A-Z]{{3}} ?{_DIGIT}{{2}}[A-EHLMPRST]{_DIGIT}{{2}} ?[A-Z]{_DIGIT}{{3}}"
    " ?[A-Z]",
    digits=4,  # the others may have become letters
    lead=(LETTER, 0),
)

ES_DNI = national(
    "es_dni",
    dni,
    "DNI|NIE|NIF|documento(?: nacional)?(?: de identidad)?",
    own=r"(?:[0-9]{8}|[0-9]{2}\.[0-9]{3}\.[0-9]{3}|[XYZ][ -]?[0-9]{7})[ -]?[A-HJ-NP-TV-Z]",
    loose=r"(?:[0-9]{1,2}[. ]?[0-9]{3}[. ]?[0-9]{3}|[XYZ][ .-]?[0-9][. ]?[0-9]{3}[. ]?[0-9]{3})"
    r"[ .-]{0,3}[A-HJ-NP-TV-Z]",
    fragments=("dni", "nie", "nif", "documento"),
    digits=7,
    lead=("[0-9X-Zx-z]", 0),
)

DE_TAX_ID = national(
    "de_tax_id",
    steuer_id,
    r"steuer(?:liche)?[- ]?(?:id|ident(?:ifikations)?-?(?:nummer|nr)|nummer|nr)[a-z.-]{0,3}"
    r"|id(?:entifikations)?-?(?:nr|nummer)|tin|tax (?:id|identification|number|no)",
    own=r"[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3}",
    loose=r"[1-9][0-9][ ./-]?[0-9]{3}[ ./-]?[0-9]{3}[ ./-]?[0-9]{3}",
    fragments=("steuer", "nr", "tin", "tax"),
)

FR_NIR = national(
    "fr_nir",
    nir,
    r"NIR|s[ée]cu(?:rit[ée] sociale)?|num[ée]ro de s[ée]cu|num[ée]ro d'assur[ée]",
    own=rf"[12378] ?[0-9]{{2}} ?(?:{_MONTH}|[2-9][0-9]) ?(?:[0-9]{{2}}|2[AB]) ?[0-9]{{3}} ?[0-9]{{3}}"
    r" ?/? ?[0-9]{2}",
    loose=r"[12378][ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?(?:[0-9]{2}|2[AB])[ .-]?[0-9]{3}[ .-]?[0-9]{3}"
    r"[ ./(-]{0,3}[0-9]{2}",
    fragments=("nir", "cu", "num"),
)

CH_AHV = national("ch_ahv", ean13, "AHV|AVS", own=r"756[. -]?[0-9]{4}[. -]?[0-9]{4}[. -]?[0-9]{2}")

BE_RRN = national(
    "be_rrn",
    rijksregister,
    r"rijksregister(?:nummer|nr)?|registre national|num[ée]ro national|nationalregister(?:nummer)?"
    r"|(?:national|belgian) (?:register|registry|registration|number|id)|INSZ|NISS",
    own=rf"[0-9]{{2}}[. ]{_MONTH}[. ][0-9]{{2}}[- ][0-9]{{3}}[. ][0-9]{{2}}",
    loose=r"[0-9]{2}[. ]?[0-9]{2}[. ]?[0-9]{2}[ -]?[0-9]{3}[. -]?[0-9]{2}",
    fragments=("rijksregister", "national", "belgian", "insz", "niss"),
)

FI_HETU = national(
    "fi_hetu",
    hetu,
    "henkilötunnus|hetu",
    own=rf"[0-3][0-9]{_MONTH}[0-9]{{2}}[-+A-FU-Y][0-9]{{3}}[0-9A-FHJ-NPR-Y]",
)

SE_PERSONNUMMER = national(
    "se_personnummer",
    personnummer,
    "person(?:nummer|nr)|samordningsnummer|swedish (?:personal )?(?:identity |id )?(?:number|no)"
    "|personal (?:identity |id )?number",
    own=rf"(?:19|20)?[0-9]{{2}}{_MONTH}[0-9]{{2}}[-+][0-9]{{4}}",
    loose=rf"(?:19|20)?[0-9]{{2}}{_MONTH}[0-9]{{2}}[ +-]?[0-9]{{4}}",
    fragments=("person", "samordning", "swedish"),
)

PL_PESEL = national(
    "pl_pesel",
    pesel,
    "PESEL(?:u|em|owi)?",
    loose=r"[0-9]{6}[ -]?[0-9]{5}|[0-9]{2}(?: ?[0-9]{3}){3}",
    fragments=("pesel",),
)

NL_BSN = national(
    "nl_bsn",
    bsn,
    "BSN|burger ?service ?(?:nummer|nr)|sofi-?nummer|citizen service number",
    loose=r"[0-9]{9}|[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{3}|[0-9]{4}[ .-][0-9]{2}[ .-][0-9]{3}",
    fragments=("bsn", "burger", "sofi", "citizen service"),
)

# Both in Scandinavia, beside the same word as the Swedish number, which is asked first.
DK_CPR = (
    *national("dk_cpr", cpr, "", own=rf"{_DAY}{_MONTH}[0-9]{{2}}-[0-9]{{4}}"),
    *national(
        "dk_cpr",
        cpr_birthday,
        r"CPR(?:[- ]?(?:nummeret|nummer|nr|number|no))?|person(?:nummer|nr)",
        loose=rf"{_DAY}{_MONTH}[0-9]{{2}}[ -]?[0-9]{{4}}",
        fragments=("cpr", "person"),
    ),
)

NO_FODSELSNUMMER = national(
    "no_fodselsnummer",
    fodselsnummer,
    "fødsels ?(?:nummer|nr)|fodselsnummer|person(?:nummer|nr)|d-?nummer"
    "|(?:norwegian|national) (?:identity |id )?(?:number|no|id)",
    own=rf"[0-7][0-9]{_MONTH}[0-9]{{2}} [0-9]{{5}}",
    loose=rf"[0-7][0-9]{_MONTH}[0-9]{{2}}[ .-]?[0-9]{{3}} ?[0-9]{{2}}",
    fragments=("dsels", "person", "dnummer", "d-nummer", "norwegian", "national"),
)

UK_NHS = national(
    "uk_nhs",
    nhs,
    "NHS|CHI|national health",
    loose=r"[0-9]{3}[ .-]?[0-9]{3}[ .-]?[0-9]{4}",
)

IE_PPS = national(
    "ie_pps",
    pps,
    "PPSN?|personal public service",
    own="[0-9]{7}[A-W][A-IW]?",
    loose="[0-9]{7}[ -]?[A-W] ?[A-IW]?",
    fragments=("pps", "personal public service"),
    digits=7,
)

TR_TCKN = national(
    "tr_tckn",
    kimlik,
    r"(?:T\.? ?C\.? ?)?kimlik(?: ?(?:no|numaras[ıi]|numaram))?|TC(?: ?no)?|TCKN|turkish id"
    "|vatandaşlık",
    loose="[1-9][0-9]{10}|[1-9][0-9]{2}(?: [0-9]{3}){2} [0-9]{2}",
    fragments=("kimlik", "tc", "turkish id", "vatanda"),
)

PT_NIF = national(
    "pt_nif",
    nif,
    # Of natural persons; 5 to 9 stand for companies, the state and estates.
    r"NIF|contribuinte|n[úu]mero fiscal|identificação fiscal",
    loose=r"(?:[1-3][0-9]|45)[0-9][ .-]?[0-9]{3}[ .-]?[0-9]{3}",
    fragments=("nif", "contribuinte", "mero fiscal", "o fiscal"),
)

AT_SVNR = national(
    "at_svnr",
    svnr,
    r"SV(?:[- ]?(?:NR|nummer))|(?:sozial)?versicherungs-?(?:nummer|nr)|e-?card|social security"
    "|insurance number",
    own=rf"[1-9][0-9]{{3}} {_DAY}(?:0[1-9]|1[0-5])[0-9]{{2}}",
    loose=rf"[1-9][0-9]{{3}}[ /-]?{_DAY}(?:0[1-9]|1[0-5])[0-9]{{2}}",
    fragments=("sv", "versicherung", "card", "social security", "insurance"),
)
