"""Train, validation and test; near-twins stay together, what is left out is kept with its reason.

In: data/clean/turns.parquet, reports/validate.json, params.split.
Out: data/split/{train,validation,test,left_out}.parquet, reports/split.json.
"""

from pathlib import Path

import polars as pl

from chatloop.duplicates.exchanges import Known, Repeats, clustered, exchanges, known
from chatloop.duplicates.splitting import REASONS, SPLITS, assign
from chatloop.errors import DataError, UserError
from chatloop.io.files import read_json, write_json
from chatloop.io.tables import LEFT_OUT, SPLIT_TURNS, read_table, write_table
from chatloop.params import SplitParams
from chatloop.stages import main, say

OUT = pl.col("reason").is_not_null()


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

    Raises:
        UserError: the data did not pass validation, or a split would have no conversation.
        DataError: too much of the test split stands in the training split.
    """
    _passed(validated)
    table, repeats = clustered(read_table(turns), params.exchanges)
    assigned = assign(table, params)
    placed = table.sort("conversation_id", "turn").join(
        assigned, on="conversation_id", maintain_order="left"
    )
    parts = {name: placed.filter((pl.col("split") == name) & ~OUT) for name in SPLITS}
    out = placed.filter(OUT)
    counts = {name: _counts(part) for name, part in parts.items()}
    _all_there(counts, assigned)
    assert sum(part.height for part in parts.values()) + out.height == table.height
    contamination = _contamination(parts["test"], parts["train"], params)
    write_json(report, counts | _report(out, repeats, contamination))
    _is_clean(contamination["exchanges"], params)
    for name, path in zip(SPLITS, (train, validation, test), strict=True):
        write_table(parts[name].match_to_schema(SPLIT_TURNS, extra_columns="ignore"), path)
    rejected = out.with_columns(stage=pl.lit("split"))
    write_table(rejected.match_to_schema(LEFT_OUT, extra_columns="ignore"), left_out)
    say(f"split: {_summary(counts)}; {_ids(out):,} left out of training or validation")


def _passed(validated: Path) -> None:
    result = read_json(validated)
    if not isinstance(result, dict) or result.get("success") is not True:
        raise UserError(f"{validated}: the data did not pass validation; mend it and run validate")


def _all_there(counts: dict[str, dict[str, int]], assigned: pl.DataFrame) -> None:
    if not all(count["conversations"] for count in counts.values()):
        raise UserError(
            f"a split would be empty: {_summary(counts)} of {assigned.height:,} conversations; "
            "bring more conversations, or change shares, twins or caps in the split section of "
            "params.yaml"
        )


def _contamination(
    test: pl.DataFrame, train: pl.DataFrame, params: SplitParams
) -> dict[str, Known]:
    """What of the test stands in the training: whole exchanges, and answers by themselves."""
    both = pl.format("{}\n{}", "question", "answer")
    held_out, learned = (exchanges(part).with_columns(both=both) for part in (test, train))
    return {
        name: known(held_out[column], learned[column], params.contamination)
        for name, column in (("exchanges", "both"), ("answers", "answer"))
    }


def _is_clean(found: Known, params: SplitParams) -> None:
    limit = params.contamination.max_share
    if found.share > limit:
        raise DataError(
            f"{found.known:,} of {found.judged:,} test exchanges ({found.share:.1%}) stand in the "
            f"training data, split.contamination.max_share allows {limit:.1%}; lower "
            "split.near_duplicates.threshold, or clean.near_duplicates.threshold"
        )


def _report(
    out: pl.DataFrame, repeats: Repeats, contamination: dict[str, Known]
) -> dict[str, object]:
    none = dict.fromkeys(REASONS, 0)
    reasons = {
        "by_reason": out.unique("conversation_id").group_by("reason").len(),
        "turns_by_reason": out.group_by("reason").len(),
    }
    left = {name: none | dict(counted.iter_rows()) for name, counted in reasons.items()}
    return {
        "left_out": {"conversations": _ids(out), "turns": out.height, **left},
        "exchanges": {
            "all": repeats.exchanges,
            "exact_repeats": repeats.exact,
            "near_repeats": repeats.near,
        },
        "contamination": {
            name: {"judged": one.judged, "known": one.known, "share": one.share}
            for name, one in contamination.items()
        },
    }


def _counts(part: pl.DataFrame) -> dict[str, int]:
    return {
        "conversations": _ids(part),
        "clusters": part["cluster"].n_unique(),
        "turns": part.height,
        "topics": part["topics"].explode().drop_nulls().n_unique(),
    }


def _ids(part: pl.DataFrame) -> int:
    return part["conversation_id"].n_unique()


def _summary(counts: dict[str, dict[str, int]]) -> str:
    return ", ".join(f"{counts[name]['conversations']:,} {name}" for name in SPLITS)


if __name__ == "__main__":
    main(split)
