r"""Where a person lives: postal_address.

    12 Baker Street, London NW1 6XE       →  [POSTAL_ADDRESS_1]
    Hauptstraße 5a, 10115 Berlin          →  [POSTAL_ADDRESS_1]
    3 bis rue de la Paix, 75002 Paris     →  [POSTAL_ADDRESS_1]

A street with its number, in the order of its country, and what follows of flat, code and town. A
street or a town alone is none. Codes that are like nothing else (NW1 6XE) stand for their street.
"""

import re

from chatloop.privacy.detector import Detector, alphanumeric

_BIG = "[A-ZÀ-ÖØ-ÞĀŁŚŠŻŽČ]"
_WORD = rf"{_BIG}[\w.'’-]{{0,24}}"
_WORDS = rf"{_WORD}(?: (?:(?:of|de|del|da|do|di|la|le|the|am|an der|upon|sur|en) )?{_WORD}){{0,2}}"
_REST = r" ?[A-Za-z]?(?: ?[-–/] ?[0-9]{1,5}[A-Za-z]?)?(?![\w])"
_NUMBER = rf"[0-9]{{1,5}}{_REST}"
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
    "Street|St|Avenue|Ave|Av|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq"
    "|Terrace|Ter|Highway|Hwy|Parkway|Pkwy|Circle|Cir|Crescent|Cres|Close|Gardens|Grove|Mews|Row"
    "|Walk|Alley|Plaza|Trail|Quay|Broadway|Expressway|Loop|Hill|Rise|Wharf|Esplanade"
)
_PLAIN = "street|avenue|boulevard|road|lane|ave|blvd"
_SMALL = "the|a|an|on|in|at|of|off|from|down|up|this|that|my|your|our|any|and|or|to|for|is|are|main"
_NO_NAME = r"(?! (?i:hotel|inn|apartments?|restaurant|caf[eé]|bar|theat|station|grill|movie|film))"
_FORWARD = r"(?<![\w.,:/$€£#-])(?<![$€£] )"
# The same one character on: a pattern that begins with a set of characters is sought fastest.
_BEGUN = r"(?<![\w.,:/$€£#-].)(?<![$€£] .)"
# Films that are called like an address.
_FILMS = ("10 cloverfield lane", "21 jump street", "22 jump street", "1600 pennsylvania avenue")

_ENDING = (
    r"straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|steig|graben|markt|berg|chaussee|hof"
    r"|gata|gatan|väg|vägen|gade|vej|vei|laan|straat|plein|gracht|kade|singel|dijk"
)
_GERMAN = (
    rf"(?:(?:[A-ZÄÖÜ][\w.-]{{1,30}}?|{_WORD}[ -])(?i:{_ENDING})"
    rf"|(?:Am|An der|An den|Auf der|Auf dem|Im|In der|Unter den|Zum|Zur) {_WORD})"
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


def _length(text: str) -> int:
    return 0 if text.casefold().startswith(_FILMS) else len(text)


def _address(words: tuple[str, ...], shape: str, pattern: str) -> Detector:
    forward = "" if _BEGUN in pattern else _FORWARD
    exact = (re.compile(rf"{forward}({pattern})(?!\w)"),)
    return Detector("postal_address", exact, 1, words, shape, _length, alphanumeric)


POSTAL_ADDRESS = (
    # 12 Baker Street, 1435 163rd Avenue #23
    _address(
        (),
        rf"[0-9] ?[A-Za-z]?,? (?:[^a-z ][^ ]* ){{1,4}}(?:{_TYPES})(?:[^0-9A-Za-z_]|$)",
        rf"[0-9FUASL]{_BEGUN}(?:(?<=[0-9])[0-9]{{0,4}}{_REST}"
        r"|(?:(?<=F)lat|(?<=U)nit|(?<=A)pt\.?|(?<=A)partment|(?<=S)uite|(?<=L)evel)"
        rf" [0-9]{{1,4}}[A-Z]?, {_NUMBER}),? "
        rf"(?:(?:{_WORD}|[0-9]{{1,3}}(?:st|nd|rd|th)) ){{1,4}}(?:{_TYPES})\b\.?"
        rf"(?: (?:North|South|East|West|[NSEW]{{1,2}})\b\.?)?{_NO_NAME}{_UNIT}{_TOWN_CODE}",
    ),
    # 1681 Broadway, 1 Avenue of the Americas
    _address(
        (),
        "[0-9] ?[A-Za-z]? (?:[NSEW][^ ]* )?(?:Broadway|The Embarcadero|El Camino Real|Avenue [A-Zo])",
        rf"{_NUMBER} (?:(?:North|South|East|West|[NSEW])\.? )?(?:Broadway|The Embarcadero"
        rf"|El Camino Real|Avenue (?:of the {_WORD}|[A-Z]\b)){_UNIT}{_TOWN_CODE}",
    ),
    # 12 baker street
    _address(
        (),
        rf"[0-9][a-z]? [a-z]{{3,15}} (?:[a-z]{{3,15}} )?(?:{_PLAIN})(?:[^a-z]|$)",
        rf"[0-9]{{1,5}}[a-z]? (?:(?!(?:{_SMALL})\b)[a-z]{{3,15}} ){{1,2}}(?:{_PLAIN})\b{_TOWN_CODE}",
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
        r"[^ ]{1,25}) [0-9]",
        rf"{_GERMAN} {_NUMBER}{_CODE_TOWN}",
    ),
    # Calle Mayor 12, 3º B, 28013 Madrid; Via Roma, 5; ul. Długa 7/3, 00-238 Warszawa
    _address(
        (),
        rf"{_ROMANCE} ?(?:{_OF} ?)?{_BIG}",
        rf"{_ROMANCE} ?{_NAMES},? (?:n\.?[º°]? ?)?{_NUMBER}(?:, [0-9]{{1,2}} ?[ºª°] ?[A-Z]?\b)?"
        rf"(?: - {_WORDS})?{_CODE_TOWN}",
    ),
    _address(
        ("box", "postfach", "apartado", "casella"),
        "",
        rf"(?i:p\.? ?o\.? ?box|postfach|apartado|casella postale) [0-9]{{1,7}}{_TOWN_CODE}",
    ),
    # NW1 6XE, K1A 0B1, Austin, TX 78701
    _address(
        (),
        rf"{_GB_CODE}|{_CA_CODE}|, [A-Z]{{2}} [0-9]{{5}}",
        rf"{_GB_CODE}|{_CA_CODE}|{_WORDS}, [A-Z]{{2}} [0-9]{{5}}(?:-[0-9]{{4}})?",
    ),
)
