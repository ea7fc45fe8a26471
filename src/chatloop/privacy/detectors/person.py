r"""Who is spoken of: person.

    My name is Anna Berg       →  My name is [PERSON_1]
    Dear Ms Okafor, …          →  Dear Ms [PERSON_1], …
    I spoke to Maria Gonzalez  →  I spoke to [PERSON_1]

Names are words like others, so that what stands beside them decides. After "my name is" or a title
any capitalized word is a name; after "I spoke to" it must begin with a known first name; alone, a
known first name and a known surname must stand together. Precision first: Will, Mark, Paris and
Rosa Mexicano stay, where nothing says that they are people.
"""

import re
from collections.abc import Callable
from pathlib import Path

import yaml

from chatloop.privacy.detector import Detector

_LISTS = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text(encoding="utf-8"))
_GIVEN, _SHARED, _FAMILY, _NEVER = (
    frozenset(_LISTS[name].split()) for name in ("given", "shared", "family", "never")
)
_FIRST = _GIVEN | _SHARED
# What stands behind a name.
_ENDS = " ,.!?;:)\n'’\"-/["

_NAME = (
    r"(?:(?<=\W)|^)[A-ZÀ-ÖØ-ÞĀŁŚŠŻŽČА-ЯΑ-Ω](?:[^\W\d_]|['’-](?!s\b)(?=[^\W\d_])){1,29}"
    rf"(?=[{re.escape(_ENDS)}]|$)(?![.]\w)"
)
_BETWEEN = (
    r" (?:[A-Z]\. )?(?:(?:van der|van den|van de|van|von der|von|de la|de los|del|de|da|dos|do|di|der"
    r"|den|ter|ten|bin|ibn|al|el|le|la|du|af|zu) )?"
)
_FULL = rf"{_NAME}(?:{_BETWEEN}{_NAME}){{0,3}}"
_SMALL = r"[^\W\d_]{2,30}(?: [^\W\d_]{2,30})?"

_INTRODUCED = (
    r"my (?:full |first |last |given |family |legal |maiden )?name(?: is|'s|’s|:)|mein name ist"
    r"|ich hei(?:ß|ss)e|je m['’]appelle|mon nom est|me llamo|mi nombre es|mi chiamo|il mio nome è"
    r"|mijn naam is|ik heet|jag heter|mitt namn är|nazywam się|mam na imię|meu nome é|me chamo"
    r"|меня зовут|(?:his|her|their) (?:full |first |last )?name is|name on (?:the )?(?:card|account)"
    r"(?: is)?:?|(?:full |first |last |given |family |customer |cardholder |contact |sur)"
    r"name ?[:=]|(?:^|[\n.;,] ?)name ?[:=]|(?:account ?holder|card ?holder|recipient|addressee|contact"
    r" person|passenger|guest|tenant|patient)(?: is| ?[:=])|(?:attn|c/o)\.?:?"
)
_TITLE = (
    r"Mr|Mrs|Ms|Mx|Dr|Prof|Professor|Herrn?|Frau|Monsieur|Madame|Mme|Mlle|Señora?|Sra|Signora?"
    r"|Dhr|Mevrouw|Senhora?|Rev|Mister"
)
_REGARDS = (
    r"(?:kind |best |warm |many )?(?:regards|wishes)|sincerely|yours (?:truly|faithfully)|(?:mit "
    r"freundlichen |viele |liebe |beste |schöne )?gr(?:ü|ue)(?:ß|ss)(?:en|e)?|gru(?:ß|ss)|mfg|bien "
    r"cordialement|cordialement|atentamente|un saludo|saludos|cordiali saluti|saluti|met vriendelijke "
    r"groet(?:en)?|pozdrawiam|atenciosamente|hälsningar|mvh"
)
_TOLD = (
    r"(?:spoke|spoken|speak|speaking|talk|talked|talking|chatted|dealt|met|meeting|meet) (?:to|with)"
    r"|(?:ask(?:ed)?|asking|wait(?:ing)?|look(?:ing)?) for|under (?:the )?(?:name(?: of)?:?)?|in the name "
    r"of|on behalf of|belongs to|registered to|addressed to|(?:made )?out to|deliver(?:ed)? to|ship(?:ped)? "
    r"to|send (?:it|this|that|them) to|sent (?:it )?to|signed(?: for)? by|picked up by|collected by|gift "
    r"(?:is )?for|(?:care|attention) of|call me|i go by|i['’]?m called|(?:e-?mail|contact|ask|tell|told"
    r"|reach|cc|my (?:name['’]?s))"
    r"|(?:my|his|her|our|their|the) (?:wife|husband|son|daughter|brother|sister|mother|father|mum|mom|dad"
    r"|aunt|uncle|cousin|niece|nephew|friend|partner|fianc[ée]e?|girlfriend|boyfriend|boss|manager"
    r"|colleague|co-?worker|assistant|neighbou?r|roommate|flatmate|landlord|tenant|grandmother|grandfather"
    r"|client|customer|doctor|lawyer|supervisor|agent|rep)(?:,| is| is called| named)?"
    r"|(?:customer|colleague|agent|representative|employee|user|member|driver|courier|technician)(?: named)?"
)
_SELF = r"i am|i['’]m|im|this is|ich bin|je suis|soy|sono|ik ben|jag är|jestem|hier ist"
_GREETED = (
    r"hi|hello|hey|dear|hallo|liebe[rs]?|bonjour|hola|ciao|good (?:morning|afternoon|evening)|thanks?"
    r"(?: you)?(?: so much| very much| a lot)?|welcome|sorry|bye|goodbye|cheers|yours|best"
)


def _stated(text: str) -> int:
    """Up to the first word that is never a name."""
    end = 0
    for word in re.finditer(r"[^\s]+", text):
        if word[0].casefold().strip(".,'’") in _NEVER:
            break
        end = word.end()
    return end


def _spelt(name: str) -> str:
    """As a name is written: Anna, O'Connor, McDonald."""
    return f"Mc{name[2:].title()}" if name.startswith("mc") else name.title()


def _beginning(first: frozenset[str]) -> Callable[[str], int]:
    """As `_stated`, of what begins with one of these first names."""
    known = frozenset(map(_spelt, first))

    def length(text: str) -> int:
        return _stated(text) if re.split(r"[\s-]", text, maxsplit=1)[0] in known else 0

    return length


_GIVEN_SPELT, _FAMILY_SPELT = (frozenset(map(_spelt, names)) for names in (_GIVEN, _FAMILY))


def _paired(text: str) -> int:
    """First name and surname known; only of two words, for a third may be anything."""
    first, *_, last = text.split(" ")
    return len(text) if first in _GIVEN_SPELT and last in _FAMILY_SPELT else 0


def _small(text: str) -> int:
    """A name without capitals: a known first name, and a known surname if one follows."""
    first, _, second = text.casefold().partition(" ")
    if first not in _GIVEN:
        return 0
    return len(text) if second in _FAMILY else len(first)


def _person(
    words: tuple[str, ...],
    shape: str,
    pattern: str,
    length: Callable[[str], int],
) -> Detector:
    def key(text: str) -> str:
        return " ".join(text.casefold().split())

    return Detector("person", (re.compile(pattern),), 0, words, shape, length, key)


_END = r"(?=\s{0,3}(?:[,.!?:;\n)]|$)| [-–—]| I\b)"

_ONE_OF_FIRST, _ONE_OF_GIVEN, _ONE_OF_FAMILY = (
    "|".join(sorted(map(_spelt, names))) for names in (_FIRST, _GIVEN, _FAMILY)
)
# A name ends where a word does, or where a value stands that will be a placeholder.
_ENDED = "(?:[^a-z]|$)"
# What the lists know, for Rust: one regex for all that asks for a first name, asked once.
_NAMED = rf"(?:(?i:{_GREETED}),?\s{{1,3}}|(?i:{_SELF}|{_TOLD}) )(?:{_ONE_OF_FIRST}){_ENDED}"
_PAIR = rf"(?:{_ONE_OF_GIVEN}) (?:[A-Z]\. )?(?:{_ONE_OF_FAMILY}){_ENDED}"
_INTRODUCING = (
    *("my name", "full name", "first name", "last name", "given name", "family name", "surname"),
    *(
        "legal name",
        "maiden name",
        "his name",
        "her name",
        "their name",
        "name on",
        "name:",
        "name :",
    ),
    *("name=", "name =", "hei", "appelle", "mon nom", "llamo", "nombre", "chiamo", "il mio nome"),
    *("mijn naam", "ik heet", "jag heter", "mitt namn", "nazywam", "mam na imi", "meu nome"),
    *("me chamo", "зовут", "holder", "recipient", "addressee", "attn", "c/o", "contact person"),
    *("passenger", "guest", "tenant", "patient"),
)
_TITLES = (
    *("Mr ", "Mr.", "Mrs", "Ms ", "Ms.", "Mx", "Dr ", "Dr.", "Prof", "Herr", "Frau", "Monsieur"),
    *(
        "Madame",
        "Mme",
        "Mlle",
        "Señor",
        "Sra",
        "Signor",
        "Dhr",
        "Mevrouw",
        "Senhor",
        "Rev ",
        "Rev.",
    ),
    "Mister",
)
_SIGNING = (
    *("regards", "wishes", "sincerely", "yours", "grü", "grue", "gru", "mfg", "cordial", "saluti"),
    *("atentamente", "saludo", "groet", "pozdrawiam", "atenciosamente", "lsningar", "mvh"),
)

PERSON = (
    # My name is Anna Berg; Recipient: Anna Berg; my name is anna
    _person(
        _INTRODUCING,
        rf"(?i:{_INTRODUCED})[\"'“ ]{{0,2}}[^a-z]",
        rf"(?<!\w)(?i:{_INTRODUCED})[\"'“ ]{{0,2}}({_FULL})",
        _stated,
    ),
    _person(
        _INTRODUCING,
        rf"(?i:{_INTRODUCED}) [a-z]",
        rf"(?<!\w)(?i:{_INTRODUCED}) ({_SMALL})(?!\w)",
        _small,
    ),
    # Dear Ms Okafor; Herr Dr. Müller
    _person(
        _TITLES,
        "",
        rf"(?<!\w)(?:{_TITLE})\.? (?:(?:Dr|Prof)\.? )?({_FULL})",
        _stated,
    ),
    # Kind regards, Anna Berg
    _person(
        _SIGNING,
        "",
        rf"(?<!\w)(?i:{_REGARDS})[,.!]?\s{{1,3}}({_FULL})(?=\s{{0,3}}(?:$|\n)|[.!,])",
        _stated,
    ),
    # Dear Anna, …; Thanks, Anna!
    _person(
        (),
        _NAMED,
        rf"(?<!\w)(?i:{_GREETED}),?\s{{1,3}}({_FULL}){_END}",
        _beginning(_FIRST),
    ),
    # I am Anna
    _person((), _NAMED, rf"(?<!\w)(?i:{_SELF}) ({_FULL})", _beginning(_GIVEN)),
    # I spoke to Maria Gonzalez; my brother Tom
    _person((), _NAMED, rf"(?<!\w)(?i:{_TOLD}) ({_FULL})", _beginning(_GIVEN)),
    # Peter Schmidt, wherever he stands
    _person((), _PAIR, rf"({_NAME} (?:[A-Z]\. )?{_NAME})", _paired),
)
