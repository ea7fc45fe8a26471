"""What a conversation is rejected for: a rule is a name and an expression over the turns table.

    Rule("too_long", lambda params: TEXT.str.len_chars() > params.max_turn_chars)

A turn that a rule hits rejects its whole conversation. Rules are asked in order, each about what
the ones before it left, so the first that hits is the reason, and a copy is measured only against
conversations that are fit to be kept. To add a rule, write its expression, give it its place here
and in RULE_NAMES; a rule for one project alone needs only a line in params, `clean.own_rules`.

Most turns are fine. So a rule that costs much asks first, by something that costs little, who can
be meant at all: what is null costs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from chatloop.cleaning.refusals import refusal
from chatloop.cleaning.text import languages
from chatloop.cleaning.text.wording import almost_empty, only_links_or_code, too_repetitive
from chatloop.errors import UserError
from chatloop.params import CleanParams

CONTENT, ROLE, ID = pl.col("content"), pl.col("role"), "conversation_id"


@dataclass(frozen=True)
class Rule:
    """`hits` is true on a turn that rejects its conversation; it looks at no other conversation."""

    name: str
    hits: Callable[[CleanParams], pl.Expr]


def roles_out_of_order(_: CleanParams) -> pl.Expr:
    """At most one system turn, first; then user and assistant by turns, the user first."""
    system = (ROLE.first() == "system").cast(pl.Int64).over(ID)
    place = pl.int_range(pl.len()).over(ID) - system
    speaker = pl.when(place % 2 == 0).then(pl.lit("user")).otherwise(pl.lit("assistant"))
    return pl.when(place < 0).then(ROLE != "system").otherwise(speaker != ROLE)


def answer_missing(_: CleanParams) -> pl.Expr:
    """The last word is not the assistant's: there is nothing to learn an answer from."""
    return (ROLE.last() != "assistant").over(ID)


def wrong_script(params: CleanParams) -> pl.Expr:
    """Too large a share of a turn's letters is of scripts that are not in `scripts`."""
    others = foreign(params.scripts)
    asked = pl.when(CONTENT.str.contains(others)).then(CONTENT)
    letters = asked.str.count_matches(r"\p{L}").cast(pl.Float64)
    hits = asked.str.count_matches(others) > params.max_other_script_share * letters
    return hits.fill_null(value=False)


def wrong_language(params: CleanParams) -> pl.Expr:
    """What one side says, all its turns together, is in no language of `languages`."""

    def others(said: pl.Series) -> pl.Series:
        known = said.is_not_null()
        found = languages.foreign(said.filter(known), params.languages)
        return pl.Series(np.zeros(len(said), dtype=bool)).scatter(known.arg_true(), found)

    text = pl.when(pl.int_range(pl.len()).over(ID, "role") == 0).then(_said())
    asked = pl.when(ROLE != "system").then(text)
    return asked.map_batches(others, return_dtype=pl.Boolean)


def _said() -> pl.Expr:
    """All that one side says."""
    return languages.without_names(CONTENT).str.join("\n").over(ID, "role")


RULES = (
    Rule("empty_turn", lambda _: CONTENT.str.strip_chars() == ""),
    Rule("roles_out_of_order", roles_out_of_order),
    Rule("answer_missing", answer_missing),
    Rule("almost_empty", almost_empty),
    Rule("broken_encoding", lambda _: CONTENT.str.contains("\ufffd", literal=True)),
    Rule("wrong_script", wrong_script),
    Rule("too_long", lambda params: CONTENT.str.len_chars() > params.max_turn_chars),
    Rule("too_repetitive", too_repetitive),
    Rule("only_links_or_code", only_links_or_code),
    Rule("refusal", refusal),
    Rule("wrong_language", wrong_language),
)
# Asked last, of what is fit to be kept and of all conversations at once: see copies.py.
COPIES = ("duplicate", "near_duplicate")


def chosen(params: CleanParams) -> tuple[Rule, ...]:
    """The rules that `clean.rules` switches on, in the order above, then the project's own.

    Raises:
        UserError: an own rule has the name of another, or is no expression that is true or false.
    """
    on = [rule for rule in RULES if rule.name in params.rules]
    return (*on, *(_own(name, said) for name, said in params.own_rules.items()))


def names(params: CleanParams) -> list[str]:
    """Every reason that a conversation can be rejected for, in the order in which it is asked."""
    return [*(rule.name for rule in chosen(params)), *(n for n in COPIES if n in params.rules)]


def _own(name: str, said: str) -> Rule:
    """A rule from SQL over the columns of the turns table: it can look at data, and do nothing."""
    where = f"clean.own_rules.{name}"
    if name in {*COPIES, *(rule.name for rule in RULES)}:
        raise UserError(f"{where}: a rule of chatloop has this name; take another")
    try:
        expression = pl.sql_expr(said)
        found = _EMPTY.select(expression.alias(name)).to_series().dtype
    except pl.exceptions.PolarsError as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{where}: {reason}; columns are {', '.join(_EMPTY.columns)}") from None
    if found != pl.Boolean:
        raise UserError(f"{where}: gives {found}, not true or false; compare it with something")
    return Rule(name, lambda _: expression)


_EMPTY = pl.DataFrame(
    schema={
        ID: pl.String,
        "turn": pl.Int32,
        "role": pl.String,
        "content": pl.String,
        "topics": pl.List(pl.String),
        "source": pl.String,
    }
)


def foreign(scripts: tuple[str, ...]) -> str:
    """A pattern for one letter of any other script.

    Raises:
        UserError: Unicode knows no such script.
    """
    own = "".join(rf"\p{{{name}}}" for name in scripts)
    pattern = rf"[\p{{L}}--[{own}\p{{Common}}\p{{Inherited}}]]"
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.ComputeError:
        raise UserError(
            f"clean.scripts: {', '.join(scripts)}: one of these is no script of Unicode; "
            "write, for example, [Latin, Cyrillic]"
        ) from None
    return pattern
