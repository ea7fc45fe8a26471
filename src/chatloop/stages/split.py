"""Train, validation and test; near-twins stay together, what is left out is kept with its reason.

In: data/clean/turns.parquet, reports/validate.json, params.split.
Out: data/split/{train,validation,test,left_out}.parquet, reports/split.json.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl

from chatloop.duplicates.exchanges import (
    Familiarity,
    Known,
    Repeats,
    exchanges,
    exchanges_of,
    repeats_of,
    said,
    with_exchange,
)
from chatloop.duplicates.index import TwinIndex
from chatloop.duplicates.near import spoken, transcripts_of
from chatloop.duplicates.splitting import (
    REASONS,
    SPLITS,
    assigned,
    conversations,
    kinds_of,
    splits_of,
    summary,
)
from chatloop.errors import DataError, UserError
from chatloop.io.batches import scratch, sorted_batches
from chatloop.io.files import read_json, write_json
from chatloop.io.tables import LEFT_OUT, SPLIT_TURNS, TURNS, table_writer
from chatloop.params import SplitParams
from chatloop.reporting.data.splits import Tally, split_report
from chatloop.stages import main, say

OUT = pl.col("reason").is_not_null()


@dataclass(frozen=True)
class _Found:
    """What the turns say when they are read for the first time."""

    placed: pl.DataFrame  # as `assigned` says it
    repeated: pl.DataFrame  # as `repeats_of` says it
    repeats: Repeats
    familiar: dict[str, Familiarity]  # exchanges, and answers by themselves, of the test split


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

    The turns are read twice, a batch at a time.

    Raises:
        UserError: the data did not pass validation, or a split would have no conversation.
        DataError: too much of the test split stands in the training split.
    """
    _passed(validated)
    with scratch(train) as talks, scratch(train) as pairs:
        found = _read(
            sorted_batches(turns),
            TwinIndex(params.near_duplicates, talks),
            TwinIndex(params.exchanges, pairs),
            params,
        )
    _all_there(found.placed)
    with ExitStack() as files:
        paths = dict(zip(SPLITS, (train, validation, test), strict=True))
        write = {
            name: files.enter_context(table_writer(path, SPLIT_TURNS))
            for name, path in paths.items()
        }
        write_out = files.enter_context(table_writer(left_out, LEFT_OUT))
        tally = Tally()
        for table in _placed(sorted_batches(turns), found):
            for name in SPLITS:
                part = table.filter((pl.col("split") == name) & ~OUT)
                tally.count(name, part)
                write[name](part.match_to_schema(SPLIT_TURNS, extra_columns="ignore"))
            out = table.filter(OUT).with_columns(stage=pl.lit("split"))
            for reason in REASONS:
                tally.count(reason, out.filter(pl.col("reason") == reason))
            write_out(out.match_to_schema(LEFT_OUT, extra_columns="ignore"))
        known = {name: one.known() for name, one in found.familiar.items()}
        write_json(report, split_report(found.placed, tally, found.repeats, known))
        # Where this raises, no table is written.
        _is_clean(known["exchanges"], params)
    lost = found.placed.filter(OUT).height
    say(f"split: {summary(found.placed)}; {lost:,} left out of training or validation")


def _read(
    batches: Iterable[pl.DataFrame], talks: TwinIndex, pairs: TwinIndex, params: SplitParams
) -> _Found:
    """Who has twins and where everyone belongs, which exchanges repeat, what is held out."""
    ids, kinds, keys, marks = [], [], [], []
    familiar = {name: Familiarity(params.contamination) for name in ("exchanges", "answers")}
    # An empty batch first, so that there is a table where there are no turns.
    for batch in chain([TURNS.to_frame()], batches):
        plain = spoken(batch)
        whole, found = transcripts_of(plain), exchanges_of(plain)
        talks.add(whole["transcript"])
        pairs.add(said(found))
        ids.append(whole["conversation_id"])
        kinds.append(kinds_of(batch, params))
        keys.append(found.select("conversation_id", "turn"))
        marks.append(said(found).hash())
        # Nobody is ever left out of the test.
        test = whole.filter(splits_of(whole["conversation_id"], params) == "test")
        _tell(found.join(test, on="conversation_id", how="semi"), familiar, Familiarity.hold_out)
    placed = assigned(pl.concat(ids), talks.clusters(), pl.concat(kinds), params)
    cluster = pairs.clusters()
    repeated = repeats_of(pl.concat(keys), cluster)
    exact = len(cluster) - pl.concat(marks).n_unique()
    return _Found(placed, repeated, Repeats(len(cluster), exact, repeated.height), familiar)


def _placed(batches: Iterable[pl.DataFrame], found: _Found) -> Iterator[pl.DataFrame]:
    """The turns with all that is found of them; what is in training is looked for in the test."""
    train = found.placed.filter((pl.col("split") == "train") & ~OUT)
    for batch in batches:
        pairs = exchanges(batch)
        table = with_exchange(batch, pairs, found.repeated)
        table = table.join(found.placed, on="conversation_id", maintain_order="left")
        assert table.height == batch.height
        _tell(
            pairs.join(train, on="conversation_id", how="semi"), found.familiar, Familiarity.train
        )
        yield table


def _tell(
    pairs: pl.DataFrame,
    familiar: dict[str, Familiarity],
    how: Callable[[Familiarity, pl.Series], None],
) -> None:
    for one, texts in zip(familiar.values(), (said(pairs), pairs["answer"]), strict=True):
        how(one, texts)


def _passed(validated: Path) -> None:
    result = read_json(validated)
    if not isinstance(result, dict) or result.get("success") is not True:
        raise UserError(f"{validated}: the data did not pass validation; mend it and run validate")


def _all_there(placed: pl.DataFrame) -> None:
    if not all(conversations(placed).values()):
        raise UserError(
            f"a split would be empty: {summary(placed)} of {placed.height:,} conversations; "
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


if __name__ == "__main__":
    main(split)
