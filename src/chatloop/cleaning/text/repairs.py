"""Text mended before it is judged; a repair is counted, it rejects nothing.

    schÃ¶n, thatâ€™s it       →  schön, that’s it    encoding_repaired
    pass + zero width + word   →  password            invisible_removed
    e + combining acute        →  é                   unicode_normalized
    two   words, five newlines →  two words, two      whitespace_collapsed
    … and a footer on 20 talks →  …                   boilerplate_removed

    <b>It is here</b>          →  It is here          html_removed

To add a repair, write it and give it its place in REPAIRS and in REPAIR_NAMES; each sees what the
ones before it left. `clean.repairs` says which are on. A repair sees some conversations at a time;
which lines are boilerplate is known only when all were seen, so mending has two halves.
"""

from collections.abc import Callable
from dataclasses import dataclass

import ftfy
import polars as pl

from chatloop.cleaning.boilerplate import without_lines
from chatloop.cleaning.structure import RESTRUCTURINGS
from chatloop.cleaning.text.html import without_html
from chatloop.params import CleanParams

# Text decoded with the wrong encoding shows its bytes as two or more of these in a row, or has lost
# the second one to a space. Only such rows are worth the time of ftfy.
_SUSPICIOUS = r"[^\x00-\x7F]{2}|[ÃÂ](?:\s|$)|[\x{80}-\x{9F}]"
# One space between words and nothing else that is empty: such a turn, as most are, stays as it is.
_UNTIDY = r"[^\S ]|  |^ | $"
# Joiners are letters of Persian and Indic words and hold emoji together; after ASCII or Latin they
# are seen by nobody but a tokenizer.
_JOINERS = r"(^|[\x00-\x7F\p{Latin}])[\x{200C}\x{200D}]+"
# Controls, soft hyphens, zero widths, marks of direction, noncharacters, tags that hide text.
_INVISIBLE = (
    r"[\x{00}-\x{08}\x{0E}-\x{1F}\x{7F}-\x{9F}\x{AD}\x{180E}\x{200B}\x{200E}\x{200F}"
    r"\x{202A}-\x{202E}\x{2060}-\x{206F}\x{FDD0}-\x{FDEF}\x{FEFF}\x{FFF9}-\x{FFFB}"
    r"\x{E0000}-\x{E007F}]"
)


@dataclass(frozen=True)
class Repair:
    """`apply` gives the new content of turns; a turn that it changes is counted as `name`."""

    name: str
    apply: Callable[[pl.DataFrame, CleanParams], pl.Series]


def encoding(turns: pl.DataFrame, _: CleanParams) -> pl.Series:
    """UTF-8 that was read as something else, read right; legitimate accents stay."""
    return _where(turns["content"].str.contains(_SUSPICIOUS), turns["content"], _decoded)


def composed(turns: pl.DataFrame, _: CleanParams) -> pl.Series:
    """Unicode normalization form C (UAX 15): one character for a letter and its accent."""
    content = turns["content"]
    beyond_ascii = content.str.len_bytes() != content.str.len_chars()
    return _where(beyond_ascii, content, lambda text: text.str.normalize("NFC"))


def visible(turns: pl.DataFrame, _: CleanParams) -> pl.Series:
    """Without characters that nobody sees."""
    return turns["content"].str.replace_all(_INVISIBLE, "").str.replace_all(_JOINERS, "${1}")


def collapsed(turns: pl.DataFrame, _: CleanParams) -> pl.Series:
    """One space between words, one empty line between paragraphs; newlines and indents stay."""
    return _where(turns["content"].str.contains(_UNTIDY), turns["content"], _tidy)


def _tidy(content: pl.Series) -> pl.Series:
    return (
        content.str.replace_all(r"\r\n?|[\x{0B}\x{0C}\x{2028}\x{2029}]", "\n")
        .str.replace_all(r"[^\S\n\t ]", " ")
        .str.replace_all(r"(\S)[\t ]+", "${1} ")
        .str.replace_all(r"[\t ]+\n", "\n")
        .str.replace_all(r"\n{3,}", "\n\n")
        .str.strip_chars()
    )


REPAIRS = (
    Repair("encoding_repaired", encoding),
    Repair("html_removed", without_html),
    Repair("invisible_removed", visible),
    Repair("unicode_normalized", composed),
    Repair("whitespace_collapsed", collapsed),
)
BOILERPLATE = "boilerplate_removed"


@dataclass(frozen=True)
class Mended:
    """The turns, how many each repair changed, and how many turns each of them took away."""

    turns: pl.DataFrame
    changed: dict[str, int]
    removed: dict[str, int]


def repair_text(turns: pl.DataFrame, params: CleanParams) -> Mended:
    """The text of every turn by itself."""
    turns = turns.with_columns(pl.col("content").fill_null(""))
    changed: dict[str, int] = {}
    for step in REPAIRS:
        if step.name in params.repairs:
            turns, changed[step.name] = _with(step.apply(turns, params), turns)
    return Mended(turns, changed, {})


def repair_rest(turns: pl.DataFrame, repeated: pl.Series, params: CleanParams) -> Mended:
    """Lines that all conversations repeat go; then, where params say so, the order is mended."""
    changed: dict[str, int] = {}
    removed: dict[str, int] = {}
    if BOILERPLATE in params.repairs:
        turns, changed[BOILERPLATE] = _with(without_lines(turns, repeated), turns)
    for restructuring in RESTRUCTURINGS:
        if restructuring.name in params.repairs:
            before, turns = turns.height, restructuring.apply(turns)
            removed[restructuring.name] = before - turns.height
    return Mended(turns, changed | removed, removed)


def _with(content: pl.Series, turns: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The turns with this content, and in how many it is new."""
    changed = int((content != turns["content"]).sum())
    return turns.with_columns(content.alias("content")), changed


def _where(
    suspicious: pl.Series, content: pl.Series, mend: Callable[[pl.Series], pl.Series]
) -> pl.Series:
    """Content with the suspicious texts mended; the others, as most are, cost nothing."""
    if not suspicious.any():
        return content
    return content.scatter(suspicious.arg_true(), mend(content.filter(suspicious)))


def _decoded(content: pl.Series) -> pl.Series:
    return pl.Series("content", [_fixed(text) for text in content], dtype=pl.String)


def _fixed(text: str) -> str:
    fixed: str = ftfy.fix_encoding(text)
    # Bytes of half a surrogate pair decode to a character that UTF-8 cannot hold.
    return fixed.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
