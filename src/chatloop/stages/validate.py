"""Great Expectations over the cleaned data; broken data stops here, after the docs are written.

In: data/clean/turns.parquet, reports/ingest.json, reports/clean.json, reports/profile.json.
Out: reports/validate.json, reports/data_docs/index.html and a page a suite.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

from chatloop.errors import DataError, UserError
from chatloop.io.batches import sorted_batches
from chatloop.io.files import read_json, whole_folder, write_json
from chatloop.io.tables import TURNS, check_table
from chatloop.params import ValidateParams
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.policy import Policy
from chatloop.privacy.redaction import count_personal_data
from chatloop.reporting.data.drift import STATISTICS
from chatloop.stages import main, say
from chatloop.validation.data_docs import found, pages
from chatloop.validation.expectations import (
    Check,
    Outcome,
    Suite,
    conversations_table,
    corpus_table,
    drift_limit,
    suites,
    turns_table,
)


def validate(
    params: ValidateParams,
    turns: Path,
    ingest: Path,
    clean: Path,
    profile: Path,
    report: Path,
    docs: Path,
) -> None:
    """Run every suite; write the report and the Data Docs. Drift warns, or is an expectation too.

    Raises:
        DataError: an expectation failed; report and docs are written nonetheless.
    """
    drift = _drift(profile)
    shares = (
        _share(ingest, "quarantined", of="records_read"),
        _share(clean, "conversations.rejected", of="conversations.in"),
    )
    counted = _personal_data(clean)
    check_table(turns)
    with ThreadPoolExecutor(max_workers=1) as meanwhile:
        # Takes seconds to import; a missing file is told before.
        engine = meanwhile.submit(_engine)
        tables = _tables(turns, counted, shares, drift)
    for line in _warnings(drift, params):
        say(f"validate: warning: {line}")
    stopping = drift if params.drift.action == "stop" else ()
    run_suite = engine.result()
    checks = [run_suite(suite, tables[suite.name]) for suite in suites(params, stopping)]
    write_json(report, _report(checks, tables))
    with whole_folder(docs) as folder:
        for name, page in pages(checks).items():
            (folder / name).write_text(page, encoding="utf-8")
    broken = _broken(checks)
    if broken:
        raise DataError(f"{broken}; see {docs}/index.html, then repair the sources or params.yaml")
    say(f"validate: {_count(checks)} expectations hold for {_rows(tables)}; see {docs}/index.html")


def _engine() -> Callable[[Suite, pl.DataFrame], Check]:
    from chatloop.io.validation.expectations import run_suite

    return run_suite


def _drift(profile: Path) -> dict[str, float]:
    """How far each part of the data is from the last accepted; empty where there was none."""
    found = read_json(profile).get("drift")
    if not isinstance(found, dict) or not set(found) <= set(STATISTICS):
        raise UserError(f"{profile}: drift is missing or not understood; run the profile stage")
    return found


def _warnings(drift: dict[str, float], params: ValidateParams) -> list[str]:
    """`topics drifted: jensen_shannon_divergence 0.31 is above 0.1 (validate.drift.…)`."""
    limits = {name: drift_limit(name, params) for name in drift}
    return [
        f"{name} drifted from the last accepted data: {STATISTICS[name]} {value:.4g} is above "
        f"{limits[name][1]:.4g} ({limits[name][0]})"
        for name, value in drift.items()
        if value > limits[name][1]
    ]


def _tables(
    turns: Path,
    personal_data: Callable[[pl.Series], pl.Series],
    shares: tuple[float, float],
    drift: dict[str, float],
) -> dict[str, pl.DataFrame]:
    """The flat tables, made a batch of turns at a time: none of them carries content."""
    parts: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    topics = [TURNS.to_frame().select("topics")]
    for batch in sorted_batches(turns):
        flat = turns_table(batch, personal_data(batch["content"]))
        parts.append((flat, conversations_table(batch)))
        topics = [pl.concat([*topics, batch.select("topics")]).unique()]
    empty = TURNS.to_frame()
    none = turns_table(empty, personal_data(empty["content"])), conversations_table(empty)
    flats, talks = zip(none, *parts, strict=True)
    return {
        "turns": pl.concat(flats),
        "conversations": pl.concat(talks),
        "corpus": corpus_table(topics[0], *shares, drift),
    }


def _personal_data(clean: Path) -> Callable[[pl.Series], pl.Series]:
    """What counts the kinds that clean was told to redact; all, where it does not say."""
    report = read_json(clean)
    told = report.get("policy")
    policy = Policy(**told) if isinstance(told, dict) else Policy()
    redacted = report.get("redacted")
    kinds = tuple(redacted) if isinstance(redacted, dict) else KINDS
    built_in = [kind for kind in kinds if kind not in policy.patterns]
    return lambda content: count_personal_data(content, built_in, policy)


def _share(path: Path, part: str, of: str) -> float:
    """One number of a report over another, 0 of 0 being 0."""
    counts = read_json(path)
    return _number(path, counts, part) / max(_number(path, counts, of), 1)


def _number(path: Path, value: Any, key: str) -> int:
    for name in key.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, int):
        raise UserError(f"{path}: {key} is missing or no number; run the stage that writes it")
    return value


def _report(checks: Sequence[Check], tables: dict[str, pl.DataFrame]) -> dict[str, object]:
    """Numbers on top, which `dvc metrics` shows; lists below, which it leaves out."""
    corpus = tables["corpus"].row(0, named=True)
    return {
        "success": not any(check.failed for check in checks),
        "expectations": _count(checks),
        "failed": {check.suite.name: len(check.failed) for check in checks},
        "turns": tables["turns"].height,
        "conversations": tables["conversations"].height,
        **{name: round(value, 6) for name, value in corpus.items()},
        "results": [_result(check, one) for check in checks for one in check.outcomes],
    }


def _result(check: Check, outcome: Outcome) -> dict[str, object]:
    counted = {
        "rows": outcome.rows,
        "unexpected": outcome.unexpected,
        "unexpected_percent": outcome.percent,
        "observed": outcome.observed,
    }
    return {
        "expectation": f"{check.suite.name}.{outcome.expectation.name}",
        "success": outcome.success,
        "examples": list(outcome.examples),
        **{name: value for name, value in counted.items() if value is not None},
    }


def _broken(checks: Sequence[Check]) -> str:
    """`2 expectations failed: turns.unique (3 of 9, e.g. shop-00017 turn 3), …`, or nothing."""
    named = [f"{check.suite.name}.{_why(one)}" for check in checks for one in check.failed]
    plural = "s" if len(named) > 1 else ""
    return f"{len(named)} expectation{plural} failed: {', '.join(named)}" if named else ""


def _why(outcome: Outcome) -> str:
    example = [f"e.g. {outcome.examples[0]}"] if outcome.examples else []
    setting = [outcome.expectation.setting] if outcome.expectation.setting else []
    return f"{outcome.expectation.name} ({'; '.join([found(outcome), *example, *setting])})"


def _count(checks: Sequence[Check]) -> int:
    return sum(len(check.outcomes) for check in checks)


def _rows(tables: dict[str, pl.DataFrame]) -> str:
    conversations, turns = tables["conversations"].height, tables["turns"].height
    return f"{conversations:,} conversations, {turns:,} turns"


if __name__ == "__main__":
    main(validate)
