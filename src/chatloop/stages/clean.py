"""Turns repaired, redacted, judged; what is rejected is kept beside them with its reason.

In: data/ingest/turns.parquet, params.clean.
Out: data/clean/turns.parquet, data/clean/rejects.parquet, reports/lengths.csv, reports/clean.json.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import polars as pl

from chatloop.cleaning.judging import Judgement, judge
from chatloop.cleaning.repairs import repair
from chatloop.errors import UserError
from chatloop.io.files import write_json, write_text
from chatloop.io.mapping import write_mapping
from chatloop.io.tables import REJECTED_TURNS, TURNS, read_table, write_table
from chatloop.params import CleanParams
from chatloop.privacy.labels import redact_labels
from chatloop.privacy.policy import Policy
from chatloop.privacy.redaction import redact, redact_people
from chatloop.stages import main, say

# Words in a turn: bins of five, so that two revisions have the same bars, and one without an end.
_BIN, _BINS = 5, 20


def clean(
    params: CleanParams, turns: Path, cleaned: Path, rejects: Path, lengths: Path, report: Path
) -> None:
    """Repair and redact every turn, judge every conversation, write both kinds and the counts.

    Raises:
        UserError: no conversation is left.
    """
    read = read_table(turns)
    mended = repair(read, params)
    say(f"clean: {_conversations(read):,} conversations read; turns with {_listed(mended.changed)}")
    policy = Policy(params.patterns, params.allow.values, params.allow.domains)
    named, labels = redact_labels(mended.turns, params.redact, policy)
    private, redacted, mapping = redact(named, params.redact, policy)
    if params.presidio:
        from chatloop.io.presidio import Names

        private, more, people = redact_people(private, Names(params.presidio).spans, policy)
        redacted["person"] = redacted.get("person", 0) + more["person"]
        mapping += people
    write_mapping(mapping, wanted=params.keep_mapping)
    say(f"clean: values redacted: {_listed(redacted)}")
    judged = judge(private, params)
    counts = _counts(read, judged, sum(mended.removed.values()))
    say(_summary(counts, judged.reasons))
    if judged.kept.is_empty():
        raise UserError(_nothing_left(counts, judged.reasons))
    write_table(judged.kept.match_to_schema(TURNS), cleaned)
    write_table(judged.rejects.match_to_schema(REJECTED_TURNS), rejects)
    write_text(lengths, histogram(judged.kept).write_csv())
    write_json(
        report,
        {
            **counts,
            "rejected_by_reason": judged.reasons,
            "rejected_turns_by_reason": _turns_by_reason(judged),
            "repaired": mended.changed,
            "removed_by_repair": mended.removed,
            "redacted": redacted,
            "redacted_labels": labels,
            "policy": asdict(policy),
        },
    )


def histogram(turns: pl.DataFrame) -> pl.DataFrame:
    """Turns by their number of words, all and by role: words, turns, user, assistant, system."""
    words = pl.col("content").str.count_matches(r"\S+").cast(pl.Int64)
    place = ((words - 1).clip(0) // _BIN).clip(0, _BINS - 1).alias("place")
    roles = [pl.col("role").eq(role).sum().alias(role) for role in ("user", "assistant", "system")]
    counted = turns.group_by(place).agg(pl.len().alias("turns"), *roles)
    labels = [f"{n * _BIN + 1:02}–{n * _BIN + _BIN:02}" for n in range(_BINS - 1)]
    bins = pl.DataFrame({"words": [*labels, f"{(_BINS - 1) * _BIN + 1}+"]})
    places = bins.with_columns(place=pl.int_range(_BINS, dtype=pl.Int64))
    joined = places.join(counted, on="place", how="left", maintain_order="left")
    return joined.drop("place").fill_null(0)


def _counts(read: pl.DataFrame, judged: Judgement, removed: int) -> dict[str, dict[str, int]]:
    """In, out, rejected, and the turns that repairs took away; nothing else may be lost."""
    counts = {
        "conversations": [_conversations(table) for table in (read, judged.kept, judged.rejects)],
        "turns": [table.height for table in (read, judged.kept, judged.rejects)],
    }
    for unit, (came, kept, rejected) in counts.items():
        less = removed if unit == "turns" else 0
        assert came == kept + rejected + less, (
            f"{unit}: {came} in, {kept} out, {rejected} rejected, {less} removed by repairs"
        )
    assert counts["conversations"][2] == sum(judged.reasons.values())
    return {
        unit: dict(zip(("in", "out", "rejected"), three, strict=True))
        for unit, three in counts.items()
    }


def _turns_by_reason(judged: Judgement) -> dict[str, int]:
    found = dict(judged.rejects.group_by("reason").len().iter_rows())
    return {name: found.get(name, 0) for name in judged.reasons}


def _conversations(turns: pl.DataFrame) -> int:
    return turns["conversation_id"].n_unique()


def _listed(counts: Mapping[str, int]) -> str:
    """`60 duplicate, 12 empty_turn`, the most first; `none` where all are zero."""
    most_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {name}" for name, count in most_first if count) or "none"


def _summary(counts: Mapping[str, Mapping[str, int]], reasons: Mapping[str, int]) -> str:
    came, kept, rejected = counts["conversations"].values()
    return (
        f"clean: {came:,} conversations in, {kept:,} out, {rejected:,} rejected: {_listed(reasons)}"
    )


def _nothing_left(counts: Mapping[str, Mapping[str, int]], reasons: Mapping[str, int]) -> str:
    came = counts["conversations"]["in"]
    if not came:
        return "no conversation came in; look at ingest.sources in params.yaml"
    return (
        f"no conversation left of {came:,}: {_listed(reasons)}; "
        "mend the sources, or loosen the rule in the clean section of params.yaml"
    )


if __name__ == "__main__":
    main(clean)
