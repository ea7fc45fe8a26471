r"""Where a person lives: postal_address.

    12 Baker Street, London NW1 6XE       →  [POSTAL_ADDRESS_1]
    Hauptstraße 5a, 10115 Berlin          →  [POSTAL_ADDRESS_1]
    3 bis rue de la Paix, 75002 Paris     →  [POSTAL_ADDRESS_1]

A street with its number, in the order of its country, and what follows of flat, code and town. A
street or a town alone is none. Codes that are like nothing else (NW1 6XE) stand for their street.
"""

import re

from chatloop.privacy.detector import Detector, alphanumeric
from chatloop.privacy.suspecting.leading import led

_BIG = "[A-ZÀ-ÖØ-ÞĀŁŚŠŻŽČ]"
_WORD = rf"{_BIG}[\w.'’-]{{0,24}}"
_WORDS = rf"{_WORD}(?: (?:(?:of|de|del|da|do|di|la|le|the|am|an der|upon|sur|en) )?{_WORD}){{0,2}}"
_NUMBER = r"[0-9]{1,5} ?[A-Za-z]?(?: ?[-–/] ?[0-9]{1,5}[A-Za-z]?)?(?![\w])"
_UNIT = (
    r"(?:,? (?:#|(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Room|Rm|Bldg|Building|Lot|Apto)\b\.?"
    r" ?#?) ?[0-9A-Z]{1,5}\b)?"
)
_GB_CODE = r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][ABD-HJLNP-UW-Z]{2}"
_CA_CODE = r"[ABCEGHJ-NPRSTVXY][0-9][A-Z][ -]?[0-9][A-Z][0-9]"
_CODE = rf"(?:{_GB_CODE}|{_CA_CODE}|[0-9]{{5}}(?:-[0-9]{{4}})?|[0-9]{{6}}|[0-9]{{4}}|[0-9]{{3}} [0-9]{{2,3}})"
# , San Jose, CA 95129      , Sydney NSW 2000      , London, NW1 6XE      , Austin, TX
_TOWN_CODE = (
    rf"(?:(?:,|\n|,\n)? ?{_WORDS}(?:,? ?[A-Z]{{2,3}})?[,\n]? ?{_CODE}(?![\w])"
    rf"|,? {_CODE}(?![\w])|, {_WORDS}, [A-Z]{{2}}\b)?"
)
# , 10115 Berlin      , 1012 AB Amsterdam      , SE-111 22 Stockholm      , 00-950 Warszawa
_CODE_TOWN = (
    r"(?:(?:,|\n|,\n| -)? ?(?:[A-Z]{1,2}-)?(?:[0-9]{5}|[0-9]{4}(?: ?[A-Z]{2})?|[0-9]{3} [0-9]{2}"
    rf"|[0-9]{{2}}-[0-9]{{3}}|[0-9]{{4}}-[0-9]{{3}}) {_WORDS})?"
)
_TYPES = (
    "Street|St|Avenue|Ave|Av|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square"
    "|Sq"
    "|Terrace|Ter|Highway|Hwy|Parkway|Pkwy|Circle|Cir|Crescent|Cres|Close|Gardens|Grove|Mews|Row"
    "|Walk|Alley|Plaza|Trail|Quay|Broadway|Expressway|Loop|Hill|Rise|Wharf|Esplanade"
)
_PLAIN = "street|avenue|boulevard|road|lane|ave|blvd|rd"
_SMALL = "the|a|an|on|in|at|of|off|from|down|up|this|that|my|your|our|any|and|or|to|for|is|are|main"
_NO_NAME = r"(?! (?i:hotel|inn|apartments?|restaurant|caf[eé]|bar|theat|station|grill|movie|film))"
_FORWARD = r"(?<![\w.,:/$€£#-])(?<![$€£] )"
# Films that are called like an address.
_FILMS = ("10 cloverfield lane", "21 jump street", "22 jump street", "1600 pennsylvania avenue")

_ENDING = (
    r"straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|steig|graben|markt|berg|chaussee"
    r"|hof"
    r"|gata|gatan|väg|vägen|gade|vej|vei|laan|straat|plein|gracht|kade|singel|dijk"
)
_GERMAN = (
    r"(?:(?:Am|An der|An den|Auf der|Auf dem|Im|In der|Unter den|Zum|Zur)"
    rf"(?: {_WORD}){{1,2}}|(?:[A-ZÄÖÜ][\w.-]{{1,30}}?|{_WORD}[ -])(?i:{_ENDING}))"
)
_ROMANCE = (
    r"(?:Calle|C/|Avenida|Avda\.?|Av\.|Plaza|Paseo|Carrer|Camino|Carretera|Via|Viale|Piazza|Corso"
    r"|Largo|Vicolo|Rua|Travessa|Praça|Alameda|Estrada|ul\.|ulica|al\.|aleja|os\.|pl\.)"
)
_OF = r"(?:d[aeiou]s?|de las?|de los|del|della|delle|dei|degli|dell['’]|y|e|la|las|los|el)"
_NAMES = rf"(?:{_OF} ?)?{_WORD}(?: (?:{_OF} )?{_WORD}){{0,3}}"
_FRENCH_TYPE = (
    r"(?i:rue|avenue|av\.|boulevard|bd|place|chemin|allée|impasse|quai|route|cours|square|passage)"
)
_FRENCH = rf"{_FRENCH_TYPE}(?: (?:de la|de l['’]|de|des|du|la|le|les|aux?)| d['’])? ?{_WORDS}"
# Flat 12, Plot No. 7
_HOUSE = (
    r"(?i:H\.? ?No\.?|House No\.?|Plot(?: No\.?)?|Door No\.?|Flat(?: No\.?)?|Apartment|Apt\.?"
    r"|Unit|Block|Blk)"
)


def _length(text: str) -> int:
    return 0 if text.casefold().startswith(_FILMS) else len(text)


def _exact(pattern: str) -> str:
    """The pattern with what may not stand beside it, told by its first sign where that is one."""
    whole = rf"{_FORWARD}({pattern})(?!\w)"
    class_ = re.match(r"(?:\(\?=)?(\[[^\]]+\])(?![?*])", pattern)
    return led(class_[1], whole) if class_ else whole


def _address(words: tuple[str, ...], shape: str, *patterns: str) -> Detector:
    exact = tuple(re.compile(_exact(pattern)) for pattern in patterns)
    return Detector("postal_address", exact, 1, words, shape, _length, alphanumeric)


POSTAL_ADDRESS = (
    # Flat 12, MG Road, Pune 411001; Plot No. 7, Sector 18, Noida; Blk 12 Ang Mo Kio Ave 3 #08-12
    _address(
        (
            "h.no",
            "house no",
            "plot no",
            "plot ",
            "flat",
            "apartment",
            "apt",
            "unit",
            "blk",
            "block",
            "door no",
        ),
        rf"{_HOUSE} ?#?[0-9]",
        rf"{_HOUSE} ?#?[0-9]{{1,5}}[A-Z]?(?:[-/][0-9]{{1,4}})?,? (?:{_NUMBER} )?{_WORDS}(?:"
        rf" {_WORD}){{0,2}}"
        rf"(?: [0-9]{{1,2}})?(?:,? #[0-9]{{1,3}}-[0-9]{{1,4}})?(?:, {_WORDS}(?:"
        rf" [0-9]{{1,3}})?){{0,3}},? "
        rf"(?:[0-9]{{6}}|[0-9]{{3}} [0-9]{{3}}|{_GB_CODE}|[0-9]{{4,5}})",
    ),
    # 12 Baker Street, 1435 163rd Avenue #23
    _address(
        (),
        rf"[0-9] ?[A-Za-z]?,? (?:[^a-z ][^ ]* ){{1,4}}(?:{_TYPES})(?:[^0-9A-Za-z_]|$)",
        rf"(?=[0-9FUALS])(?:(?:Flat|Unit|Apt\.?|Apartment|Suite|Level|Shop) [0-9]{{1,4}}[A-Z]?(?:, "
        rf"| ?/ ?))?{_NUMBER},? "
        rf"(?:(?:{_WORD}|[0-9]{{1,3}}(?:st|nd|rd|th)) ){{1,4}}(?:{_TYPES})\b\.?"
        rf"(?: (?:North|South|East|West|[NSEW]{{1,2}})\b\.?)?{_NO_NAME}{_UNIT}{_TOWN_CODE}",
    ),
    # 1681 Broadway, 1 Avenue of the Americas, 4410 County Road 12
    _address(
        (),
        "[0-9] ?[A-Za-z]? (?:[NSEW][^ ]* )?(?:Broadway|The Embarcadero|El Camino Real|Avenue [A-Zo]"
        "|County R|State R|Farm R|US |Highway |Hwy |Route |Rte )",
        rf"{_NUMBER} (?:(?:North|South|East|West|[NSEW])\.? )?(?:(?:(?:County|State|Farm) (?:Road"
        rf"|Rd|Route)"
        rf"|US|Highway|Hwy|Route|Rte) [0-9]{{1,4}}|Broadway|The Embarcadero"
        rf"|El Camino Real|Avenue (?:of the {_WORD}|[A-Z]\b)){_UNIT}{_TOWN_CODE}",
    ),
    # 12 baker street
    _address(
        (),
        rf"[0-9][a-z]? [a-z]{{3,15}} (?:[a-z]{{3,15}} )?(?:{_PLAIN})(?:[^a-z]|$)",
        rf"[0-9]{{1,5}}[a-z]? (?:(?!(?:{_SMALL})\b)[a-z]{{3,15}}"
        rf" ){{1,2}}(?:{_PLAIN})\b{_TOWN_CODE}",
    ),
    # 12, rue de la Paix, 75002 Paris
    _address(
        (
            *("rue", "avenue", "av.", "boulevard", "bd", "place", "chemin", "all", "impasse"),
            *("quai", "route", "cours", "square", "passage"),
        ),
        rf"[0-9] ?[A-Za-z]?(?:,? (?:bis|ter))?,? {_FRENCH_TYPE}",
        rf"{_NUMBER}(?:,? (?:bis|ter))?,? {_FRENCH}{_CODE_TOWN}",
    ),
    # Hauptstraße 5a, 10115 Berlin; Keizersgracht 12, 1015 CJ Amsterdam
    _address(
        (),
        rf"(?:(?i:{_ENDING})|(?:Am|An der|An den|Auf der|Auf dem|Im|In der|Unter den|Zum|Zur) "
        r"[^0-9]{1,50}) [0-9]",
        rf"{_GERMAN} {_NUMBER}{_CODE_TOWN}",
    ),
    # Calle Mayor 12, 3º B, 28013 Madrid; Via Roma, 5; ul. Długa 7/3, 00-238 Warszawa
    _address(
        (),
        rf"{_ROMANCE} ?(?:{_OF} ?)?{_BIG}",
        rf"{_ROMANCE} ?{_NAMES},? (?:n\.?[º°]? ?)?{_NUMBER}(?:, [0-9]{{1,2}} ?[ºª°] ?[A-Z]?\b)?"
        rf"(?:,? ?-? ?{_WORDS})?(?: - [A-Z]{{2}})?{_CODE_TOWN}(?:,? [0-9]{{5}}-[0-9]{{3}})?",
    ),
    _address(
        ("box", "postfach", "apartado", "casella"),
        "",
        rf"(?i:p\.? ?o\.? ?box|postfach|apartado|casella postale) [0-9]{{1,7}}{_TOWN_CODE}",
    ),
    # Laan van Meerdervoort 178; Atatürk Caddesi No: 88, 34710 İstanbul; Leoforos Kifisias 16
    _address(
        (
            *(
                "laan van",
                "plein",
                "weg van",
                "caddesi",
                "sokak",
                "sok.",
                "cad.",
                "mahallesi",
                "bulvar",
            ),
            *(
                "leoforos",
                "odos",
                "utca",
                "ulice",
                "náměstí",
                "strada",
                "calea",
                "bulevardul",
                "prospekt",
            ),
        ),
        "",
        rf"(?:Laan|Plein|Weg) van (?:de |den |der |het )?{_WORDS} {_NUMBER}{_CODE_TOWN}",
        rf"{_WORDS} (?:Caddesi|Cad\.|Sokak|Sokağı|Sok\.|Bulvarı"
        rf"|Mahallesi),? (?:[Nn]o[:.]? ?)?{_NUMBER}"
        rf"(?:/[0-9]{{1,3}})?{_CODE_TOWN}(?:/{_WORD})?",
        rf"(?:Leoforos|Odos|Strada|Calea|Bulevardul"
        rf"|Prospekt) {_WORDS},? (?:[Nn]r\.? ?)?{_NUMBER}{_CODE_TOWN}",
        rf"{_WORDS} (?:utca|út|tér|ulice|náměstí|prospekt) {_NUMBER}{_CODE_TOWN}",
    ),
    # A house with a name and its lane, up to the code
    _address(
        (),
        rf"{_GB_CODE}",
        rf"{_WORDS}, (?:{_NUMBER} )?{_WORDS},(?: {_WORDS},)? ?{_WORDS},? {_GB_CODE}",
        rf"{_NUMBER} {_WORDS},(?: {_WORDS},)? ?{_WORDS},? {_GB_CODE}",
    ),
    # ул. Ленина, д. 5, кв. 15
    _address(
        ("ул.", "улица", "пр.", "просп", "пер.", "вул.", "бул."),
        "",
        r"(?:ул\.|улица|пр\.|пр-т|проспект|просп\.|пер\.|переулок|вул\.|бул\."
        r"|бульвар) ?[А-ЯІЇЄ][\w.-]{1,30}"
        r"(?: [А-ЯІЇЄ\d][\w.-]{0,30}){0,2},? ?(?:д\.|дом"
        r"|буд\.)? ?[0-9]{1,4}[а-яА-Я]?(?:/[0-9]{1,4})?"
        r"(?:,? ?(?:к\.|корп\.|стр\.) ?[0-9]{1,3})?(?:,? ?кв\. ?[0-9]{1,4})?",
    ),
    # 〒150-0002 東京都渋谷区渋谷2-21-1, 北京市朝阳区建国路88号, 강남구 테헤란로 12
    _address(
        (),
        r"[\p{Han}\p{Hangul}\p{Katakana}][^\n]{0,12}[0-9]|〒",
        r"(?:〒? ?[0-9]{3}-[0-9]{4} ?)?[一-鿿ぁ-ヿ]{2,12}?[都道府県市区町村][一-鿿ぁ-ヿ]{1,20}"
        r"[0-9]{1,4}(?:丁目)?(?:[-−番][0-9]{1,4}){1,3}号?",
        r"〒 ?[0-9]{3}-[0-9]{4}",
        r"[一-鿿]{2,24}?[路街道巷弄里区村镇][一-鿿]{0,8}?[0-9]{1,5}(?:号|弄|室|栋|號)[一-鿿0-9A-Z-]{0,20}",
        r"(?:[가-힣]{2,10}[시도군구읍면동] ){1,3}[가-힣0-9]{1,12}[로길] ?[0-9]{1,4}(?:-[0-9]{1,4})?",
    ),
    # NW1 6XE, K1A 0B1, Austin, TX 78701
    _address(
        (),
        rf"{_GB_CODE}|{_CA_CODE}|, [A-Z]{{2}} [0-9]{{5}}",
        rf"(?={_BIG})(?:{_GB_CODE}|{_CA_CODE}|{_WORDS}, [A-Z]{{2}} [0-9]{{5}}(?:-[0-9]{{4}})?)",
    ),
)
