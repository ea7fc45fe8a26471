"""What a name of a person looks like, and which are known.

    O'Connor, van der Berg, Müller-Lüdenscheidt     as they are written
    José, Jose, JOSE                                the same name

The lists are looked at where a sentence does not say that somebody is meant.
"""

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import yaml

# Called after somebody, and nobody.
PLACE = (
    "Airport|International|Park|Hotel|Inn|Suites|Center|Centre|Hospital|School|College|University"
    "|Street"
    "|Road|Avenue|Boulevard|Plaza|Square|Station|Museum|Theat(?:er|re)|Stadium|Church|Library"
    "|Bridge"
    "|Restaurant|Caf[eé]|Bar|Grill|Salon|Barber|Shop|Store|Clinic|Dental|Medical|Group|Inc|LLC"
    "|Ltd|GmbH"
    "|Company|Festival|Tour|Band|Brothers|Prize|Award|Day|State|County|City|Memorial|Foundation"
    "|House"
    "|Hall|Gallery|Arena|Cinema|Bakery|Kitchen|Pizza|Boutique|Winery|Beach|Hair|Spa|Chinese|Thai"
)
_PLACES = re.compile(rf"\b(?:{PLACE})\b")


# Letters that are no letter of ASCII with a mark on it.
_LIKE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "ß": "ss", "’": "'"})


def folded(word: str) -> str:
    """As names are compared: José is Jose, and JOSE."""
    parts = unicodedata.normalize("NFKD", word.casefold().translate(_LIKE))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


_LISTS = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text(encoding="utf-8"))
_GIVEN, _SHARED, _FAMILY, _NEVER = (
    frozenset(map(folded, _LISTS[name].split())) for name in ("given", "shared", "family", "never")
)
FIRST = _GIVEN | _SHARED
# What stands behind a name.
ENDS = " ,.!?;:)\n'’\"-/[&"

BIG = "[A-ZÀ-ÖØ-ÞĀČĎĞĘĄĆŃÍİŁŃŐŘŚŞŠŤŮŹŻŽ]"
PARTICLE = (
    r"(?:van der|van den|van de|van|von der|von|de la|de los|del|de|da|dos|do|di|der|den|ter|ten"
    r"|bin|ibn"
    r"|al|el|le|la|du|af|zu|ó|Ó|ní|Ní|mac|Mac|St\.) "
)
NAME = (
    r"(?:(?<=\W)|^)[A-ZÀ-ÖØ-ÞĀČĎĞÍİŁŃŐŘŚŞŠŻŽА-ЯΑ-Ω](?:[^\W\d_]|['’-](?!s\b)(?=[^\W\d_])){1,29}"
    rf"(?=[{re.escape(ENDS)}]|$)(?![.]\w)"
)
_BETWEEN = rf" (?:[A-Z]\.? )?(?:{PARTICLE})?"
FULL = rf"(?:{PARTICLE})?{NAME}(?:{_BETWEEN}{NAME}){{0,3}}"
_SMALL_WORD = r"[^\W\d_](?:[^\W\d_]|['’-](?!s\b)(?=[^\W\d_])){1,29}"
SMALL = rf"{_SMALL_WORD}(?: [a-z]\.)?(?: (?:{PARTICLE})?{_SMALL_WORD})?"


def stated(text: str) -> int:
    """Up to the first word that is never a name."""
    end = 0
    for word in re.finditer(r"[^\s]+", text):
        bare = word[0].strip(".,'’")
        if len(bare) > 1 and folded(bare) in _NEVER:
            break
        end = word.end() if len(bare) > 1 else end
    return end


def begins(text: str, first: frozenset[str]) -> bool:
    """Whether the first word, or the first part of it, is one of these first names."""
    word = folded(text.split(" ", 1)[0])
    return word in first or word.split("-")[0] in first


def ends(text: str) -> bool:
    """Whether the last word is a surname, or one of a double name is."""
    word = folded(text.rsplit(" ", 1)[-1])
    return word in _FAMILY or any(part in _FAMILY for part in word.split("-"))


def beginning(first: frozenset[str]) -> Callable[[str], int]:
    """As `stated`, of what begins with one of these first names."""
    return lambda text: stated(text) if begins(text, first) and not _PLACES.search(text) else 0


def likely(text: str) -> int:
    """As `stated`, of what begins with a known first name or ends with a known surname."""
    if _PLACES.search(text):
        return 0
    length = stated(text)
    name = text[:length]
    known = length and (begins(name, _GIVEN) or (" " in name and ends(name)))
    return length if known else 0


def _spelt(name: str) -> str:
    """As a name is written: Anna, O'Connor, McDonald."""
    return f"Mc{name[2:].title()}" if name.startswith("mc") else name.title()


GIVEN_SPELT, FIRST_SPELT, FAMILY_SPELT = (
    frozenset(_spelt(name) for word in words for name in (word, folded(word)))
    for words in (
        _LISTS["given"].split(),
        f"{_LISTS['given']} {_LISTS['shared']}".split(),
        _LISTS["family"].split(),
    )
)


def paired(text: str) -> int:
    """First name and surname known; only of two words, for a third may be anything."""
    return len(text) if begins(text, _GIVEN) and ends(text) else 0


def small(text: str) -> int:
    """A name without capitals: a known first name, and a known surname if one follows."""
    first, *more = text.split(" ")
    if begins(first, _GIVEN):
        # A particle or a letter between two words makes one name of them.
        surname = len(more) > 1 or (more and (ends(text) or folded(more[-1]) in _GIVEN))
        return len(text) if surname else len(first)
    known = bool(more) and ends(text) and folded(first) not in _NEVER
    return len(text) if known else 0


def small_pair(text: str) -> int:
    """A name without capitals where much else may stand: first name and surname known."""
    return len(text) if " " in text and paired(text) else 0
