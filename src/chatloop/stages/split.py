"""Train, validation and test; near-twins stay together, what is left out is kept with its reason.

In: data/clean/turns.parquet, reports/validate.json, params.split.
Out: data/split/{train,validation,test,left_out}.parquet, reports/split.json.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from chatloop.duplicates.exchanges import (
    Familiarity,
    Known,
    Repeats,
    exchanges,
    repeats_of,
    said,
    with_exchange,
)
from chatloop.duplicates.index import TwinIndex
from chatloop.duplicates.near import transcripts
from chatloop.duplicates.splitting import REASONS, SPLITS, assigned, kinds_of
from chatloop.errors import DataError, UserError
from chatloop.io.batches import scratch, sorted_batches
from chatloop.io.files import read_json, write_json
from chatloop.io.tables import LEFT_OUT, SPLIT_TURNS, table_writer
from chatloop.params import SplitParams
from chatloop.stages import main, say

OUT = pl.col("reason").is_not_null()
Batches = Callable[[], Iterator[pl.DataFrame]]


@dataclass
class _Part:
    """What is counted of a split while it is written."""

    turns: int
    topics: set[str]


def split(
    params: SplitParams,
    turns: Path,
    validated: Path,
    train: Path,
    validation: Path,
    test: Path,
    left_out: Path,
    report: Path,
) -> None:
    """Give every conversation its split; write the tables, their counts and what repeats.

    The turns are read several times, a batch at a time.

    Raises:
        UserError: the data did not pass validation, or a split would have no conversation.
        DataError: too much of the test split stands in the training split.
    """
    _passed(validated)

    def batches() -> Iterator[pl.DataFrame]:
        return sorted_batches(turns)

    repeated, repeats = _repeats(batches, params, train)
    placed = _placed(batches, params, train)
    _all_there(placed)
    familiar = _held_out(batches, placed, params)
    with ExitStack() as files:
        tables = dict(zip(SPLITS, (train, validation, test), strict=True))
        write = {
            name: files.enter_context(table_writer(path, SPLIT_TURNS))
            for name, path in tables.items()
        }
        write_out = files.enter_context(table_writer(left_out, LEFT_OUT))
        parts = {name: _Part(0, set()) for name in (*SPLITS, *REASONS)}
        for batch in batches():
            table = with_exchange(batch, repeated)
            table = table.join(placed, on="conversation_id", maintain_order="left")
            assert table.height == batch.height
            for name in SPLITS:
                part = table.filter((pl.col("split") == name) & ~OUT)
                _count(part, parts[name])
                write[name](part.match_to_schema(SPLIT_TURNS, extra_columns="ignore"))
                if name == "train":
                    _compare(part, familiar.values(), Familiarity.train)
            out = table.filter(OUT).with_columns(stage=pl.lit("split"))
            for reason in REASONS:
                _count(out.filter(pl.col("reason") == reason), parts[reason])
            write_out(out.match_to_schema(LEFT_OUT, extra_columns="ignore"))
        known = {name: one.known() for name, one in familiar.items()}
        write_json(report, _report(placed, parts, repeats, known))
        # Where this raises, no table is written.
        _is_clean(known["exchanges"], params)
    lost = placed.filter(OUT).height
    say(f"split: {_summary(placed)}; {lost:,} left out of training or validation")


def _repeats(batches: Batches, params: SplitParams, beside: Path) -> tuple[pl.DataFrame, Repeats]:
    """Which exchanges repeat one before them, and how many."""
    keys, marks = [], []
    with scratch(beside) as spill:
        index = TwinIndex(params.exchanges, spill)
        for batch in batches():
            found = exchanges(batch)
            index.add(said(found))
            keys.append(found.select("conversation_id", "turn"))
            marks.append(said(found).hash())
        cluster = index.clusters()
    repeated = repeats_of(pl.concat(keys), cluster)
    distinct = pl.concat(marks).n_unique()
    return repeated, Repeats(len(cluster), len(cluster) - distinct, repeated.height)


def _placed(batches: Batches, params: SplitParams, beside: Path) -> pl.DataFrame:
    """One row a conversation: conversation_id, cluster, split, reason."""
    ids, kinds = [], []
    with scratch(beside) as spill:
        index = TwinIndex(params.near_duplicates, spill)
        for batch in batches():
            whole = transcripts(batch)
            index.add(whole["transcript"])
            ids.append(whole["conversation_id"])
            kinds.append(kinds_of(batch, params))
        cluster = index.clusters()
    return assigned(pl.concat(ids), cluster, pl.concat(kinds), params)


def _held_out(
    batches: Batches, placed: pl.DataFrame, params: SplitParams
) -> dict[str, Familiarity]:
    """Exchanges of the test split, and answers by themselves, to be looked for in training."""
    familiar = {name: Familiarity(params.contamination) for name in ("exchanges", "answers")}
    test = placed.filter((pl.col("split") == "test") & ~OUT).select("conversation_id")
    for batch in batches():
        part = batch.join(test, on="conversation_id", how="semi", maintain_order="left")
        _compare(part, familiar.values(), Familiarity.hold_out)
    return familiar


def _compare(
    part: pl.DataFrame,
    familiar: Iterable[Familiarity],
    tell: Callable[[Familiarity, pl.Series], None],
) -> None:
    found = exchanges(part)
    for one, texts in zip(familiar, (said(found), found["answer"]), strict=True):
        tell(one, texts)


def _count(part: pl.DataFrame, counted: _Part) -> None:
    counted.turns += part.height
    counted.topics.update(part["topics"].explode().drop_nulls().unique())


def _passed(validated: Path) -> None:
    result = read_json(validated)
    if not isinstance(result, dict) or result.get("success") is not True:
        raise UserError(f"{validated}: the data did not pass validation; mend it and run validate")


def _all_there(placed: pl.DataFrame) -> None:
    if not all(_conversations(placed).values()):
        raise UserError(
            f"a split would be empty: {_summary(placed)} of {placed.height:,} conversations; "
            "bring more conversations, or change shares, twins or caps in the split section of "
            "params.yaml"
        )


def _is_clean(found: Known, params: SplitParams) -> None:
    limit = params.contamination.max_share
    if found.share > limit:
        raise DataError(
            f"{found.known:,} of {found.judged:,} test exchanges ({found.share:.1%}) stand in the "
            f"training data, split.contamination.max_share allows {limit:.1%}; lower "
            "split.near_duplicates.threshold, or clean.near_duplicates.threshold"
        )


def _report(
    placed: pl.DataFrame, parts: dict[str, _Part], repeats: Repeats, known: dict[str, Known]
) -> dict[str, object]:
    out = placed.filter(OUT)
    left = dict(out.group_by("reason").len().iter_rows())
    turns = {reason: parts[reason].turns for reason in REASONS}
    return {
        **{name: _counts(name, placed, parts[name]) for name in SPLITS},
        "left_out": {
            "conversations": out.height,
            "turns": sum(turns.values()),
            "by_reason": {reason: left.get(reason, 0) for reason in REASONS},
            "turns_by_reason": turns,
        },
        "exchanges": {
            "all": repeats.exchanges,
            "exact_repeats": repeats.exact,
            "near_repeats": repeats.near,
        },
        "contamination": {
            name: {"judged": one.judged, "known": one.known, "share": one.share}
            for name, one in known.items()
        },
    }


def _counts(name: str, placed: pl.DataFrame, part: _Part) -> dict[str, int]:
    mine = placed.filter((pl.col("split") == name) & ~OUT)
    return {
        "conversations": mine.height,
        "clusters": mine["cluster"].n_unique(),
        "turns": part.turns,
        "topics": len(part.topics),
    }


def _conversations(placed: pl.DataFrame) -> dict[str, int]:
    counted = dict(placed.filter(~OUT).group_by("split").len().iter_rows())
    return {name: counted.get(name, 0) for name in SPLITS}


def _summary(placed: pl.DataFrame) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in _conversations(placed).items())


if __name__ == "__main__":
    main(split)
