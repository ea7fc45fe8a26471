"""What a conversation says, as expressions: nothing, the same all over, a link.

Is the shop open? │ …                                          almost_empty
Hello             │ very very very very very very very very …  too_repetitive
Where is it?      │ https://example.org/track                  only_links_or_code
"""

import polars as pl

from chatloop.duplicates.shingling import WORD
from chatloop.params import CleanParams

CONTENT, ROLE, ID = pl.col("content"), pl.col("role"), "conversation_id"
SPOKEN = ("user", "assistant")

_FEW = 4
# Letters and digits enough stand at the beginning of most turns: in this many times as many.
_BEGINNING = 8
_LINK = r"(?:https?://|www\.)\S+"
_FENCED = r"(?s)```.*?```|`[^`\n]+`"
# A line of a program, of JSON or of markup that stands without backticks around it.
_CODE_LINE = (
    r"(?m)^[ \t]*(?:[{}\[\]();,]+|(?:import|from|def|class|return|public|private|static|const|let"
    r"|var|function|func|#include|SELECT|INSERT|UPDATE|DELETE|if|for|while)\b.*[:;{}()]"
    r"|.*[;{}]|\"[\w-]+\"\s*:.*|</?[A-Za-z][^>\n]*>.*|\$ \S.*)[ \t]*$"
)
# No link and no line of code is without one of these.
_MARKS = r"[`{}()\[\];:<>\"$]|www\."


def almost_empty(params: CleanParams) -> pl.Expr:
    """One of the two sides says fewer letters and digits than `min_said` in all of its turns."""
    enough = params.min_said
    words = CONTENT.str.head(_BEGINNING * enough).str.count_matches(r"[\p{L}\p{N}]+")
    counted = pl.when(words < enough).then(CONTENT).str.count_matches(r"[\p{L}\p{N}]")
    said = pl.when(words < enough).then(counted).otherwise(enough)
    return _of_one_side(said.sum().over(ID, "role") < enough)


def too_repetitive(params: CleanParams) -> pl.Expr:
    """A long turn says the same few words, or the same few signs without a space, all the time."""
    least, share = params.repetition.min_words, params.repetition.min_distinct_share
    # Between words stands something, or they are of a script with several bytes a character.
    long = pl.when(CONTENT.str.len_bytes() >= 2 * least - 1).then(CONTENT)
    many = pl.when(long.str.count_matches(WORD) >= least).then(CONTENT)
    words = many.str.to_lowercase().str.extract_all(WORD)
    few_words = words.list.n_unique() < share * words.list.len()
    endless = pl.when(CONTENT.str.len_chars() >= 4 * least).then(CONTENT)
    unbroken = endless.str.extract_all(rf"\S{{{4 * least},}}").list.join("").str.split("")
    few_signs = (unbroken.list.n_unique() <= _FEW) & (
        unbroken.list.len() * 2 > endless.str.len_chars()
    )
    return few_words.fill_null(value=False) | few_signs.fill_null(value=False)


def only_links_or_code(_: CleanParams) -> pl.Expr:
    """One of the two sides says nothing in words: what is left without links and code is empty."""
    marked = pl.when(CONTENT.str.contains(_MARKS)).then(CONTENT)
    prose = marked.str.replace_all(_FENCED, "").str.replace_all(_LINK, "")
    left = pl.coalesce(prose.str.replace_all(_CODE_LINE, ""), CONTENT)
    return _of_one_side((~left.str.contains(r"[\p{L}\p{N}]")).all().over(ID, "role"))


def _of_one_side(holds: pl.Expr) -> pl.Expr:
    """On the turns of a side of which something holds; on all where a side says nothing at all."""
    absent = [~ROLE.eq(side).any().over(ID) for side in SPOKEN]
    return (holds | absent[0] | absent[1]) & (ROLE != "system")
