"""Which feedback became what, in figures; no word of anybody is in them.

feedback_report(verdicts, [])  →  {"opinions": 750, "outcomes": {"taught": 431, …}, …}
"""

from collections.abc import Mapping, Sequence

import polars as pl

from chatloop.feedback.guards.judging import OUTCOMES, Verdicts

_PHRASES = 20


def feedback_report(
    verdicts: Verdicts, forgotten: Sequence[Mapping[str, object]]
) -> dict[str, object]:
    """Counts by outcome, reason, kind, source, and version of the model that was judged."""
    judged = verdicts.judged
    outcomes = {name: judged.filter(pl.col("outcome") == name).height for name in OUTCOMES}
    assert judged.height == sum(outcomes.values()), f"{judged.height} opinions, {outcomes}"
    taught = judged.filter(pl.col("outcome") == "taught")
    return {
        "opinions": judged.height,
        "outcomes": outcomes,
        "reasons": {
            name: _counts(judged.filter(pl.col("outcome") == name), "reason")
            for name in ("quarantined", "rejected")
        },
        "taught": {by: _counts(taught, by) for by in ("kind", "source", "version")},
        "versions": _by_version(judged),
        "callers": judged["caller"].n_unique(),
        "phrases": _phrases(verdicts.phrases),
        "forgotten": [dict(one) for one in forgotten],
    }


def _counts(table: pl.DataFrame, by: str) -> dict[str, int]:
    named = table.select(pl.col(by).fill_null("unknown"))
    return dict(named.group_by(by).len().sort(by).iter_rows())


def _by_version(judged: pl.DataFrame) -> dict[str, dict[str, int]]:
    """What was said of each version: thumbs and corrections of those that count."""
    latest = pl.col("reason").fill_null("") != "superseded"
    counted = judged.filter(pl.col("kind").is_not_null() & latest)
    return {
        str(version): _counts(part, "kind")
        for (version,), part in sorted(counted.partition_by("version", as_dict=True).items())
    }


def _phrases(found: pl.DataFrame) -> dict[str, object]:
    """How many phrases are lifted, and the figures of the commonest."""
    first = found.head(_PHRASES).select("side", "opinions", "turns", "log_odds", "z")
    rounded = first.with_columns(pl.col("log_odds", "z").round(3))
    return {"lifted": found.height, "commonest": rounded.to_dicts()}
