"""What a text is to a reader's eye, so that a trigger is the same word however it is spelt.

"Ｆree  rеfund\\u200b, café !!!"  →  "free refund cafe" and the marks  script:cyrillic mixed:… !!!

Compatibility forms are folded (NFKD, Unicode Annex 15), accents and what is invisible removed, and
letters that look like Latin ones replaced, as the skeletons of Unicode Technical Standard 39 do.
Whatever of this there was is a mark of the text, which counts as a word does.
"""

import re
import unicodedata
from collections.abc import Iterator

import polars as pl

# Lower case only: text is folded first. Cyrillic, Greek, and a few of other alphabets.
_ALIKE = {
    "а": "a",
    "с": "c",
    "ԁ": "d",
    "е": "e",
    "һ": "h",
    "і": "i",
    "ј": "j",
    "к": "k",
    "ӏ": "l",
    "м": "m",
    "о": "o",
    "р": "p",
    "ԛ": "q",
    "ѕ": "s",
    "т": "t",
    "ѵ": "v",
    "ѡ": "w",
    "ԝ": "w",
    "х": "x",
    "у": "y",
    "ү": "y",
    "г": "r",
    "п": "n",
    "н": "h",
    "в": "b",
    "ь": "b",
    "ӡ": "3",
    "α": "a",
    "β": "b",
    "γ": "y",
    "ε": "e",
    "ζ": "z",
    "η": "n",
    "ι": "i",
    "κ": "k",
    "ν": "v",
    "ο": "o",
    "ρ": "p",
    "τ": "t",
    "υ": "u",
    "χ": "x",
    "ω": "w",
    "ϲ": "c",
    "ϳ": "j",
    "σ": "o",
    "ı": "i",
    "ɑ": "a",
    "ɡ": "g",
    "ɩ": "i",
    "ʟ": "l",
    "օ": "o",
    "ս": "u",
    "ո": "n",
    "հ": "h",
    "ց": "g",
    "ք": "p",
    "ǀ": "l",
    "ꭵ": "i",
    "ł": "l",
    "đ": "d",
    "ø": "o",
    "ħ": "h",
    "ŧ": "t",
}
# Digits and signs inside of a word stand for letters.
_SPELT = str.maketrans("013457@$", "oleastas")
_DISGUISED = re.compile(r"[a-z]+[013457@$][a-z0-9@$]*|[013457@$]+[a-z][a-z0-9@$]*")
# Sentences end so; any other sign, and more than one of these, is a mark.
_SIGNS = re.compile(r"[^\w\s]{2,}|[^\w\s.,;:!?'\"()\-/%$€£&+#*]")
_PLAIN = r"^[a-zA-Z0-9\s.,;:!?'\"()\-/%$€£&+#*]*$"
_LATIN = "LATIN"


def skeletons(texts: pl.Series) -> pl.Series:
    """Texts as they are compared: lower case, without accents, lookalikes replaced."""
    folded = texts.fill_null("").str.normalize("NFKD").str.to_lowercase()
    folded = folded.str.replace_all(r"[\p{M}\p{Cf}\p{Co}]", "")
    folded = folded.str.replace_many([*_ALIKE], [*_ALIKE.values()])
    rows = folded.str.contains(r"[a-z][013457@$]|[013457@$][a-z]").arg_true()
    if not len(rows):
        return folded
    spelt = [_DISGUISED.sub(_as_letters, text) for text in folded.gather(rows)]
    return folded.scatter(rows, spelt)


def marks(texts: pl.Series) -> Iterator[tuple[int, set[str]]]:
    """By row, what is odd about a text beside its words; most texts have nothing.

    Marks begin with `script:`, `sign:`, `mixed` or `invisible`.
    """
    odd = texts.fill_null("").str.contains(_PLAIN).not_() | texts.str.contains(r"[^\w\s]{2,}")
    for row in odd.arg_true():
        if found := set(_marks(texts[row])):
            yield row, found


def _marks(text: str) -> Iterator[str]:
    for sign in _SIGNS.findall(text):
        yield f"sign:{sign}"
    for word in re.findall(r"[^\W\d_]+", text):
        if not word.isascii():
            scripts = {_script(letter) for letter in word}
            yield from (f"script:{script.lower()}" for script in scripts - {_LATIN})
            if len(scripts) > 1 and _LATIN in scripts:
                yield "mixed scripts in a word"
    for character in text:
        if not character.isascii() and unicodedata.category(character) in {"Cf", "Co", "Cc"}:
            yield f"invisible:U+{ord(character):04X}"


def _script(letter: str) -> str:
    """The first word of a letter's name, which is its script's."""
    return unicodedata.name(letter, "UNKNOWN").partition(" ")[0]


def _as_letters(found: re.Match[str]) -> str:
    return found[0].translate(_SPELT)
