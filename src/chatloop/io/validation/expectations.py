"""Great Expectations: runs a suite on a table, renders its results. The only file that knows it.

    run_suite(suite, table) → Check(suite, (Outcome(…, success=True, rows=9, unexpected=0), …), …)

Nothing is stored and nothing is sent: an in-memory context, its analytics off (chatloop/__init__).
"""

import html
from functools import cache
from typing import Any

import polars as pl

from chatloop.io.validation.importing import without
from chatloop.validation.expectations import Check, Expectation, Outcome, Suite

# The expectations that suites have, as Great Expectations calls them; no other is imported.
KINDS = (
    "expect_column_max_to_be_between",
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_not_be_null",
    "expect_compound_columns_to_be_unique",
    "expect_table_row_count_to_be_between",
)
# Expectations that no suite has, and ways to data that none comes by: most of the seconds that all
# of it takes to import.
_UNUSED = (
    "altair",
    r"scipy\.stats",
    rf"great_expectations\.expectations\.core\.(?!(?:{'|'.join(KINDS)})$)expect_\w+",
    r"great_expectations\.datasource\.fluent\.(?!pandas_datasource$)(?:\w+_datasource|fabric)",
)

with without(*_UNUSED, absent=("sqlalchemy", "google", "cryptography")):
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

# Unexpected rows come back as row numbers: to name them by columns takes GX minutes when all fail.
RESULT_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": 5}
SECTIONS = """{% for section in sections %}{% set section_loop = loop %}
{% include "section.j2" %}{% endfor %}"""


def run_suite(suite: Suite, table: pl.DataFrame) -> Check:
    """Every expectation of a suite on one table.

    Raises:
        RuntimeError: an expectation could not be computed, such as for a missing column.
    """
    batch = _context().data_sources.pandas_default.read_dataframe(table.to_pandas())
    result = batch.validate(_suite(suite), result_format=RESULT_FORMAT)
    by_name = {one.expectation_config.meta["name"]: one for one in result.results}
    result.results = [by_name[expectation.name] for expectation in suite.expectations]
    pairs = zip(suite.expectations, result.results, strict=True)
    outcomes = tuple(_outcome(expectation, one, suite, table) for expectation, one in pairs)
    return Check(suite, outcomes, _render(result, outcomes))


@cache
def _context() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


@cache
def _sections() -> Any:
    return DefaultJinjaPageView().env.from_string(SECTIONS)


def _suite(suite: Suite) -> Any:
    return gx.ExpectationSuite(
        name=suite.name,
        expectations=[_configured(expectation) for expectation in suite.expectations],
    )


def _configured(expectation: Expectation) -> Any:
    return ExpectationConfiguration(
        type=expectation.kind,
        kwargs=dict(expectation.arguments),
        meta={"name": expectation.name},
        description=expectation.says,
    ).to_domain_obj()


def _outcome(expectation: Expectation, one: Any, suite: Suite, table: pl.DataFrame) -> Outcome:
    found = one.result
    if not found:
        raise RuntimeError(f"{expectation.name} could not be computed: {one.exception_info}")
    observed = found.get("observed_value")
    column = expectation.arguments.get("column")
    rows = [table.row(row, named=True) for row in found.get("partial_unexpected_index_list") or ()]
    return Outcome(
        expectation,
        bool(one.success),
        rows=found.get("element_count"),
        unexpected=found.get("unexpected_count"),
        observed=None if observed is None else round(_plain(observed), 6),
        examples=tuple(_example(row, suite.key, column) for row in rows),
    )


def _plain(number: Any) -> Any:
    """NumPy's numbers are neither JSON nor fit for the renderer."""
    return number.item() if hasattr(number, "item") else number


def _example(row: dict[str, Any], key: tuple[str, ...], column: object) -> str:
    """`shop-00017 turn 3: chars 2312`."""
    first, *others = key
    name = " ".join([str(row[first]), *(f"{part} {row[part]}" for part in others)])
    return name if column in {None, *key} else f"{name}: {column} {row[str(column)]}"


def _render(result: Any, outcomes: tuple[Outcome, ...]) -> str:
    """The sections of the results page, without its shell: that loads scripts from the network.

    The first section and the last hold run times, random ids and paths.
    """
    for one, outcome in zip(result.results, outcomes, strict=True):
        one.result = _shown(outcome)
    document = ValidationResultsPageRenderer(run_info_at_end=True).render(result).to_json_dict()
    text: str = _sections().render(sections=document["sections"][1:-1])
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _shown(outcome: Outcome) -> dict[str, Any]:
    """What the page shows of a result. GX puts values into HTML as they are; ids are anyone's."""
    if outcome.unexpected is None:
        return {"observed_value": outcome.observed}
    return {
        "element_count": outcome.rows,
        "unexpected_count": outcome.unexpected,
        "unexpected_percent": outcome.percent,
        "partial_unexpected_list": [html.escape(example) for example in outcome.examples],
    }
