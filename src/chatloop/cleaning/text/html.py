"""Text out of HTML: tags go, entities become characters, code stays code.

    <p>Hi&nbsp;Ann,<br>it is <b>here</b></p>   →   Hi Ann,\\nit is here
    How do I write `<b>`? Is a < b?            →   the same

Tags are taken out of a turn only where it is HTML for sure: an element is closed, or there is a
line break or an image. Between backticks nothing is touched. The patterns are Rust's, linear in
time, whatever the text holds.
"""

import html

import polars as pl

from chatloop.params import CleanParams

_BLOCK = (
    "address|article|aside|blockquote|body|dd|div|dl|dt|figure|footer|form|h[1-6]|head|header|hr"
    "|html|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|title|tr|ul"
)
_INLINE = (
    "a|abbr|b|big|button|center|cite|code|del|em|font|i|iframe|img|input|ins|kbd|label|link|mark"
    "|meta|noscript|option|q|s|samp|select|small|span|strike|strong|sub|sup|svg|textarea|tt|u|var"
)
# a="1" b='2' c=3 d: what stands behind a comparison is none of these.
_ATTRIBUTES = r"""(?:\s+[\w:@.-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=`]+))?)*\s*/?"""
_SURE = rf"(?i)</(?:{_BLOCK}|{_INLINE}|script|style)\s*>|<(?:br|hr|img){_ATTRIBUTES}>|<!doctype"
_UNSEEN = (
    r"(?is)<!--.*?-->|<script[\s>].*?</script\s*>|<style[\s>].*?</style\s*>"
    r"|<title[\s>].*?</title\s*>|<!doctype[^>]*>"
)
_ITEM = rf"(?i)\s*<li{_ATTRIBUTES}>\s*"
_CELL = rf"(?i)</t[dh]\s*>\s*<t[dh]{_ATTRIBUTES}>"
_BREAK = rf"(?i)[ \t]*</?(?:{_BLOCK}|br){_ATTRIBUTES}>[ \t]*"
_TAG = rf"(?i)</?(?:{_INLINE}){_ATTRIBUTES}>"
_ENTITY = r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});"
_SEGMENT = r"```(?s:.*?)```|`[^`\n]+`|[^`]+|`"
_SUSPICIOUS = r"<[A-Za-z/!]|&[A-Za-z#][A-Za-z0-9]*;"


def without_html(turns: pl.DataFrame, _: CleanParams) -> pl.Series:
    """Content as a browser would show it; what is no HTML and between backticks is left alone."""
    content = turns["content"]
    suspicious = content.str.contains(_SUSPICIOUS)
    if not suspicious.any():
        return content
    segments = _segments(content.filter(suspicious))
    code = pl.col("segment").str.contains(r"^`.+`$|^(?s:```.*```)$")
    markup = (~code & pl.col("segment").str.contains(_SURE)).any().over("row")
    text = _decoded(segments, pl.when(markup).then(_text()).otherwise("segment"))
    shown = (
        segments.with_columns(pl.when(code).then("segment").otherwise(text).alias("segment"))
        .group_by("row", maintain_order=True)
        .agg(pl.col("segment").str.join(""))
    )
    return content.scatter(suspicious.arg_true(), shown["segment"].str.strip_chars())


def _segments(content: pl.Series) -> pl.DataFrame:
    """One row a piece, code and what stands between it: row, segment."""
    pieces = content.alias("segment").str.extract_all(_SEGMENT)
    return pieces.to_frame().with_row_index("row").explode("segment")


def _text() -> pl.Expr:
    return (
        pl.col("segment")
        .str.replace_all(_UNSEEN, " ")
        .str.replace_all(_ITEM, "\n- ")
        .str.replace_all(_CELL, " | ")
        .str.replace_all(_BREAK, "\n")
        .str.replace_all(_TAG, "")
    )


def _decoded(segments: pl.DataFrame, text: pl.Expr) -> pl.Expr:
    """Entities as characters, all at once: what `&amp;lt;` shows is `&lt;`."""
    found = segments["segment"].str.extract_all(_ENTITY).explode().drop_nulls().unique().sort()
    meant = {entity: html.unescape(entity) for entity in found}
    meant = {entity: text for entity, text in meant.items() if text != entity}
    return text.str.replace_many(meant) if meant else text
