"""Which feedback entered a model: what the ledger taught, and what cleaning and split left of it.

{"opinions": 431, "kinds": {"pair": 120, …}, "versions": {"3": 431}, "callers": {"h:5e1…": 31, …},
 "conversations": 118, "preferences": 405, "ids_sha256": "9c1b…"}
"""

from collections.abc import Collection
from hashlib import sha256

import polars as pl


def entered(
    ledger: pl.DataFrame, conversations: Collection[str], preferences: Collection[str]
) -> dict[str, object]:
    """The opinions that a candidate learned from, in figures and as one digest of their ids.

    Args:
        ledger: rows of JUDGED.
        conversations: ids of the conversations that were trained on.
        preferences: ids of the judged answers that preference tuning learned from.
    """
    name = pl.concat_str(pl.lit("feedback"), "version", "exchange_id", "feedback_id", separator="/")
    taught = ledger.filter(pl.col("outcome") == "taught").with_columns(name=name)
    learned = taught.filter(pl.col("name").is_in([*{*conversations, *preferences}]))
    return {
        "opinions": learned.height,
        **{f"{by}s": _counts(learned, by) for by in ("kind", "version", "source", "caller")},
        "conversations": taught.filter(pl.col("name").is_in([*conversations])).height,
        "preferences": taught.filter(pl.col("name").is_in([*preferences])).height,
        "ids_sha256": sha256("\n".join(learned["feedback_id"].sort()).encode()).hexdigest(),
    }


def _counts(table: pl.DataFrame, by: str) -> dict[str, int]:
    return dict(table.group_by(by).len().sort(by).iter_rows())
