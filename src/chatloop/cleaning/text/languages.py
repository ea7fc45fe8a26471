"""In which language something is said, offline: py3langid's model comes with its package.

    Where is my parcel, please?      en
    Wo ist mein Paket geblieben?     de
    ok 👍                            und   (too little to tell)

Naive Bayes over byte n-grams (Lui and Baldwin 2012), a millisecond a text. English, of which most
text is, is seen from its small words first, many texts at a time.
"""

from functools import cache
from typing import Any

import polars as pl

from chatloop.errors import UserError

UNDETERMINED = "und"
# Fewer letters than these say too little.
MIN_LETTERS = 20
# Less probable than this, all languages that are wanted together: it is another one.
UNLIKELY = 0.1
_READ = 400
_ENGLISH = (
    r"\b(?i:the|you|and|what|with|this|are|your|would|my|please|that|there|how|where|it's|i'm|can"
    r"|could|have|for|of|is|i|yes|thanks|thank|need|want|looking|like|at|on|any|we|it|not|when|will"
    r"|which|she|they|be|has|was|were|from|about|but|by|our|us|sure|out|i'd|i'll|you're|don't|to"
    r"|then|now|here|good|great|day|find|found|tell|show|who|why|too|much|many|more|some|other|two"
    r"|three|their|his|does|did|should|shall|maybe|else|(?:any|some|no|every)thing|goodbye|bye"
    r"|one|today|tomorrow|after|again|another|every|because|before|both|first|get|give|going|just"
    r"|know|look|next|nothing|only|please|right|may|say|than|them|these|those|think|through|very|well"
    r"|without|yet|until)\b"
)
_ENGLISH_SHARE, _ENGLISH_WORDS = 0.2, 4


def without_names(text: pl.Expr) -> pl.Expr:
    """Text without placeholders and addresses, which are of no language."""
    return text.str.replace_all(r"\[[A-Za-z_]+_[0-9]+\]|\S+[@/]\S+", " ")


def languages(texts: pl.Series) -> pl.Series:
    """ISO 639 code of each text's language, `und` where there is too little of it."""
    certain = _english(texts)
    found = [
        "en" if english else (_ranked(text)[0][0] if _enough(text) else UNDETERMINED)
        for text, english in zip(texts, certain, strict=True)
    ]
    return pl.Series("language", found, dtype=pl.String)


def foreign(texts: pl.Series, wanted: tuple[str, ...]) -> pl.Series:
    """True where a text is in none of the languages that are wanted, for all that can be told.

    Raises:
        UserError: a language is not known.
    """
    check(wanted)
    certain = _english(texts) if "en" in wanted else pl.repeat(False, len(texts), eager=True)
    others = [
        not sure and _enough(text) and _likelihood(text, wanted) < UNLIKELY
        for text, sure in zip(texts, certain, strict=True)
    ]
    return pl.Series("foreign", others, dtype=pl.Boolean)


def check(wanted: tuple[str, ...]) -> None:
    """English alone needs no model to be known.

    Raises:
        UserError: a language is not known.
    """
    others = set(wanted) - {"en"}
    if unknown := sorted(others - set(_model().labels) if others else others):
        raise UserError(
            f"clean.languages: {', '.join(unknown)}: no such language; write ISO 639 codes, "
            "for example [en, de]"
        )


def _english(texts: pl.Series) -> pl.Series:
    """Texts with so many of the small words that only English has that there is no doubt."""
    words = texts.str.count_matches(r"\b[\p{L}']+\b")
    small = texts.str.count_matches(_ENGLISH)
    return (small >= _ENGLISH_WORDS) & (small.cast(pl.Float64) >= _ENGLISH_SHARE * words)


def _enough(text: str) -> bool:
    return sum(map(str.isalpha, text[:_READ])) >= MIN_LETTERS


def _likelihood(text: str, wanted: tuple[str, ...]) -> float:
    ranked = dict(_ranked(text))
    return sum(ranked.get(language, 0.0) for language in wanted)


def _ranked(text: str) -> list[tuple[str, float]]:
    ranked: list[tuple[str, float]] = _model().rank(text[:_READ])
    return ranked


@cache
def _model() -> Any:
    """Loaded once, and only where a text needs it: it takes two seconds."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
