"""The report of a split: conversations, clusters, turns and topics of each part, and what repeats.

"test": {"conversations": 359, "clusters": 357, "turns": 2196, "topics": 16}
"left_out": {"conversations": 8, "turns": 21, "by_reason": {"twin_of_test": 5, …}, …}
"""

import polars as pl

from chatloop.duplicates.exchanges import Known, Repeats
from chatloop.duplicates.splitting import REASONS, SPLITS


class Tally:
    """Turns and topics of each split and each reason, told a batch at a time."""

    def __init__(self) -> None:
        self.turns = dict.fromkeys((*SPLITS, *REASONS), 0)
        self.topics: dict[str, set[str]] = {name: set() for name in self.turns}

    def count(self, name: str, part: pl.DataFrame) -> None:
        """The next turns of a split, or of those left out for a reason."""
        self.turns[name] += part.height
        self.topics[name].update(part["topics"].explode().drop_nulls().unique())


def split_report(
    placed: pl.DataFrame, tally: Tally, repeats: Repeats, known: dict[str, Known]
) -> dict[str, object]:
    """What reports/split.json says, by a row a conversation and what was told of its turns."""
    return {
        **{name: _part(name, placed, tally) for name in SPLITS},
        "left_out": _left_out(placed, tally),
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


def _part(name: str, placed: pl.DataFrame, tally: Tally) -> dict[str, int]:
    mine = placed.filter((pl.col("split") == name) & pl.col("reason").is_null())
    return {
        "conversations": mine.height,
        "clusters": mine["cluster"].n_unique(),
        "turns": tally.turns[name],
        "topics": len(tally.topics[name]),
    }


def _left_out(placed: pl.DataFrame, tally: Tally) -> dict[str, object]:
    out = placed.filter(pl.col("reason").is_not_null())
    left = dict(out.group_by("reason").len().iter_rows())
    turns = {reason: tally.turns[reason] for reason in REASONS}
    return {
        "conversations": out.height,
        "turns": sum(turns.values()),
        "by_reason": {reason: left.get(reason, 0) for reason in REASONS},
        "turns_by_reason": turns,
    }
