"""Train, validation and test, by cluster of near-duplicates.

In: data/clean/turns.parquet, reports/validate.json, params.split.
Out: data/split/train.parquet, validation.parquet and test.parquet, reports/split.json.
"""

from pathlib import Path

import polars as pl

from chatloop.errors import UserError
from chatloop.io.files import read_json, write_json
from chatloop.io.tables import read_table, write_table
from chatloop.params import SplitParams
from chatloop.splitting import SPLITS, assign
from chatloop.stages import main, say


def split(
    params: SplitParams,
    turns: Path,
    validated: Path,
    train: Path,
    validation: Path,
    test: Path,
    report: Path,
) -> None:
    """Give every conversation its split; write the three tables and their counts.

    Raises:
        UserError: the data did not pass validation, or a split would have no conversation.
    """
    _passed(validated)
    table = read_table(turns)
    assigned = assign(table, params)
    placed = table.sort("conversation_id", "turn").join(
        assigned, on="conversation_id", maintain_order="left"
    )
    parts = {name: placed.filter(pl.col("split") == name) for name in SPLITS}
    counts = {name: _counts(part) for name, part in parts.items()}
    summary = ", ".join(f"{counts[name]['conversations']:,} {name}" for name in SPLITS)
    if any(part.is_empty() for part in parts.values()):
        raise UserError(
            f"a split would be empty: {summary} of {assigned.height:,} conversations; "
            "bring more conversations, or raise its share in the split section of params.yaml"
        )
    assert sum(part.height for part in parts.values()) == table.height
    for name, path in zip(SPLITS, (train, validation, test), strict=True):
        write_table(parts[name].select(table.columns), path)
    write_json(report, counts)
    say(f"split: {summary}; {_together(assigned):,} of them stay with a twin")


def _passed(validated: Path) -> None:
    result = read_json(validated)
    if not isinstance(result, dict) or result.get("success") is not True:
        raise UserError(f"{validated}: the data did not pass validation; mend it and run validate")


def _counts(part: pl.DataFrame) -> dict[str, int]:
    return {
        "conversations": part["conversation_id"].n_unique(),
        "clusters": part["cluster"].n_unique(),
        "turns": part.height,
        "topics": part["topics"].explode().drop_nulls().n_unique(),
    }


def _together(assigned: pl.DataFrame) -> int:
    """Conversations that share their cluster with another."""
    return assigned.filter(pl.len().over("cluster") > 1).height


if __name__ == "__main__":
    main(split)
