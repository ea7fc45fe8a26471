"""What the data must be like, as data: suites of expectations over three flat tables.

    turns          conversation_id │ turn │ role │ chars │ personal_data
                   shop-00001      │ 0    │ user │ 24    │ 0
    conversations  conversation_id │ sources │ numbered │ starts_with │ roles_alternate │ …
                   shop-00001      │ 1       │ true     │ user        │ true            │ …
    corpus         topics │ quarantined_share │ rejected_share
                   14     │ 0.002             │ 0.11

No table carries content, so no result and no page of the Data Docs can.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from chatloop.conversation import ROLES
from chatloop.params import ValidateParams
from chatloop.reporting.data.drift import STATISTICS

ROLE = pl.col("role").fill_null("")
CHARS = pl.col("content").fill_null("").str.strip_chars().str.len_chars().cast(pl.Int64)


@dataclass(frozen=True)
class Expectation:
    """One thing that must hold.

    `kind` is what Great Expectations calls it, `arguments` what it takes. `says` is the sentence
    for people; `setting` the key of params.yaml behind it, with its value.
    """

    name: str
    kind: str
    arguments: Mapping[str, object]
    says: str
    setting: str = ""


@dataclass(frozen=True)
class Suite:
    """Expectations over one table; the columns of `key` name a row of it."""

    name: str
    key: tuple[str, ...]
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True)
class Outcome:
    """How an expectation fared: `unexpected` of `rows`, or one `observed` number of the table.

    `examples` are a few unexpected rows: "shop-00017 turn 3: chars 2312".
    """

    expectation: Expectation
    success: bool
    rows: int | None = None
    unexpected: int | None = None
    observed: float | None = None
    examples: tuple[str, ...] = ()

    @property
    def percent(self) -> float | None:
        """Unexpected rows in a hundred, where rows were counted."""
        if self.rows is None or self.unexpected is None:
            return None
        return round(100 * self.unexpected / max(self.rows, 1), 4)


@dataclass(frozen=True)
class Check:
    """A suite that has run: an outcome each, in the suite's order, and their page of Data Docs.

    `html` is the part of the page that Great Expectations renders.
    """

    suite: Suite
    outcomes: tuple[Outcome, ...]
    html: str

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """What stops the pipeline."""
        return tuple(outcome for outcome in self.outcomes if not outcome.success)


def turns_table(turns: pl.DataFrame, personal_data: pl.Series) -> pl.DataFrame:
    """One row a turn.

    Args:
        turns: the turns table, in any order.
        personal_data: how many pieces a detector finds in each turn, in the same order.
    """
    ids = turns.select("conversation_id", "turn", role=ROLE, chars=CHARS)
    counted = ids.with_columns(personal_data=personal_data.cast(pl.Int64))
    return counted.sort("conversation_id", "turn")


def conversations_table(turns: pl.DataFrame) -> pl.DataFrame:
    """One row a conversation. A system turn may stand first; then user and assistant take turns."""
    late_system = (ROLE == "system").slice(1).any()
    return (
        turns.sort("conversation_id", "turn")
        .group_by("conversation_id", maintain_order=True)
        .agg(
            sources=pl.col("source").n_unique().cast(pl.Int64),
            numbered=(pl.col("turn") == pl.int_range(pl.len())).all(),
            starts_with=ROLE.filter(ROLE != "system").first(),
            roles_alternate=(ROLE.shift(1) != ROLE).all() & ~late_system,
            ends_with=ROLE.last(),
            empty_answers=((ROLE == "assistant") & (CHARS == 0)).sum().cast(pl.Int64),
        )
        .with_columns(pl.col("starts_with").fill_null(""))
    )


def corpus_table(
    turns: pl.DataFrame,
    quarantined: float,
    rejected: float,
    drift: Mapping[str, float] = MappingProxyType({}),
) -> pl.DataFrame:
    """One row for all: number of distinct topics, shares of the records and conversations read,
    and how far each part of the data is from the last accepted.
    """
    topics = turns["topics"].explode().drop_nulls().n_unique()
    row = {"topics": topics, "quarantined_share": quarantined, "rejected_share": rejected}
    return pl.DataFrame(row | {f"{name}_drift": value for name, value in drift.items()})


def suites(params: ValidateParams, drift: Iterable[str] = ()) -> tuple[Suite, ...]:
    """The suite of each table, with the limits from params.yaml; `drift` names what may stop."""
    return (
        Suite("turns", ("conversation_id", "turn"), _of_turns(params)),
        Suite("conversations", ("conversation_id",), _of_conversations(params)),
        Suite("corpus", (), (*_of_corpus(params), *(_no_drift(name, params) for name in drift))),
    )


def _of_turns(params: ValidateParams) -> tuple[Expectation, ...]:
    low, high = params.turn_chars.min, params.turn_chars.max
    return (
        Expectation(
            "id_present",
            "expect_column_values_to_not_be_null",
            {"column": "conversation_id"},
            "Every turn belongs to a conversation",
        ),
        Expectation(
            "unique",
            "expect_compound_columns_to_be_unique",
            {"column_list": ["conversation_id", "turn"]},
            "A conversation has each of its turns once",
        ),
        _among("role_known", "role", ROLES, f"Every role is one of {', '.join(ROLES)}"),
        _between(
            "length_in_bounds",
            ("chars", low, high),
            f"Every turn has {low:,} to {high:,} characters",
            f"validate.turn_chars: {low} to {high}",
        ),
        _between(
            "no_personal_data",
            ("personal_data", 0, 0),
            "No detector finds personal data that is not redacted",
            "clean.redact",
        ),
    )


def _of_conversations(params: ValidateParams) -> tuple[Expectation, ...]:
    least = params.min_conversations
    return (
        Expectation(
            "enough",
            "expect_table_row_count_to_be_between",
            {"min_value": least},
            f"There are at least {least:,} conversations",
            f"validate.min_conversations: {least}",
        ),
        _between("one_source", ("sources", 1, 1), "A conversation's id is used by one source only"),
        _among("turns_numbered", "numbered", [True], "Turns are numbered 0, 1, 2 without a gap"),
        _among("user_starts", "starts_with", ["user"], "The user speaks first"),
        _among("roles_alternate", "roles_alternate", [True], "User and assistant take turns"),
        _among("assistant_ends", "ends_with", ["assistant"], "The last turn is an answer"),
        _between("no_empty_answer", ("empty_answers", 0, 0), "No answer is empty"),
    )


def _of_corpus(params: ValidateParams) -> tuple[Expectation, ...]:
    low, high = params.topics.min, params.topics.max
    quarantined, rejected = params.max_quarantined_share, params.max_rejected_share
    return (
        _number(
            ("topics", low, high),
            f"There are {low:,} to {high:,} topics",
            f"validate.topics: {low} to {high}",
        ),
        _number(
            ("quarantined_share", 0.0, quarantined),
            f"Of the records read, at most {quarantined:.4g} were not understood",
            f"validate.max_quarantined_share: {quarantined}",
        ),
        _number(
            ("rejected_share", 0.0, rejected),
            f"Of the conversations read, cleaning rejected at most {rejected:.4g}",
            f"validate.max_rejected_share: {rejected}",
        ),
    )


def drift_limit(name: str, params: ValidateParams) -> tuple[str, float]:
    """The setting behind the drift of one part of the data, and its value."""
    setting = f"max_{STATISTICS[name]}"
    return f"validate.drift.{setting}", float(getattr(params.drift, setting))


def _no_drift(name: str, params: ValidateParams) -> Expectation:
    setting, limit = drift_limit(name, params)
    statistic = STATISTICS[name].replace("_", " ")
    return _number(
        (f"{name}_drift", 0.0, limit),
        f"The {statistic} of {name.replace('_', ' ')} from the last accepted data is at most "
        f"{limit:.4g}",
        f"{setting}: {limit}",
    )


def _among(name: str, column: str, values: object, says: str) -> Expectation:
    arguments = {"column": column, "value_set": values}
    return Expectation(name, "expect_column_values_to_be_in_set", arguments, says)


def _between(name: str, span: tuple[str, int, int], says: str, setting: str = "") -> Expectation:
    column, low, high = span
    arguments = {"column": column, "min_value": low, "max_value": high}
    return Expectation(name, "expect_column_values_to_be_between", arguments, says, setting)


def _number(span: tuple[str, float, float], says: str, setting: str) -> Expectation:
    """The one value of a one-row table; as its maximum, so that the docs show it."""
    column, low, high = span
    arguments = {"column": column, "min_value": low, "max_value": high}
    return Expectation(column, "expect_column_max_to_be_between", arguments, says, setting)
