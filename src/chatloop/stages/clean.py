"""Turns repaired, redacted, judged; what is rejected is kept beside them with its reason.

In: data/ingest/{turns,preferences,held_out}.parquet, params.clean.
Out: data/clean/{turns,preferences,held_out}.parquet, data/clean/rejects.parquet,
data/clean/rejected_{preferences,held_out}.parquet, reports/lengths.csv, reports/clean.json.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from chatloop.cleaning.boilerplate import LineCounts
from chatloop.cleaning.copies import Hits, copies
from chatloop.cleaning.judging import judge, rejected
from chatloop.cleaning.preferences import clean_judged
from chatloop.cleaning.rules import chosen, names
from chatloop.cleaning.text.repairs import repair_rest, repair_text
from chatloop.errors import UserError
from chatloop.io.batches import Spool, scratch, sorted_batches, spool
from chatloop.io.files import write_json, write_text
from chatloop.io.privacy.mapping import mapping_writer
from chatloop.io.tables import (
    PREFERENCES,
    REJECTED_PREFERENCES,
    REJECTED_TURNS,
    TURNS,
    table_writer,
)
from chatloop.params import CleanParams
from chatloop.privacy.labels import redact_labels
from chatloop.privacy.policy import Policy
from chatloop.privacy.redaction import redact, redact_people
from chatloop.reporting.data.lengths import added, histogram
from chatloop.reporting.losses import balanced, listed, nothing_left, summary
from chatloop.stages import main, say


@dataclass
class _Tally:
    """What is counted from batch to batch: conversations and turns, repairs, values, rejects."""

    read: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    turns_by_reason: Counter[str] = field(default_factory=Counter)
    ids: int = 0
    topics: frozenset[str] = frozenset()


def clean(
    params: CleanParams,
    turns: Path,
    preferences: Path,
    held_out: Path,
    cleaned: Path,
    rejects: Path,
    judged: Path,
    judged_rejects: Path,
    aside: Path,
    aside_rejects: Path,
    lengths: Path,
    report: Path,
) -> None:
    """Repair and redact every turn, judge every conversation, write both kinds and the counts.

    Judged answers (`preferences`) go the same way, into `judged` and `judged_rejects`; so does the
    feedback that only measures (`held_out`), into `aside` and `aside_rejects`.

    A batch of conversations is in memory at a time; of what crosses batches, lines that repeat and
    copies, hashes are kept.

    Raises:
        UserError: no conversation is left.
    """
    tally, policy = _Tally(), Policy(params.patterns, params.allow.values, params.allow.domains)
    with spool(cleaned) as kept, spool(cleaned) as gone, scratch(cleaned) as spill:
        with spool(cleaned) as mended:
            repeated = _mend(turns, params, mended, tally)
            _judge(mended, repeated, params, policy, (kept, gone), tally)
        say(
            f"clean: {tally.read['conversations']:,} conversations read; "
            f"turns with {listed(tally.changed)}"
        )
        say(f"clean: values redacted: {listed(tally.redacted)}")
        found = copies(kept, params, spill)
        tally.reasons.update({name: hits.height for name, hits in found.items()})
        reasons = {name: tally.reasons[name] for name in names(params)}
        came, left = tally.read["conversations"], sum(reasons.values())
        if came == left:
            raise UserError(nothing_left(came, reasons))
        answers = [
            _judged_answers(path, repeated, params, policy, outs)
            for path, outs in (
                (preferences, (judged, judged_rejects)),
                (held_out, (aside, aside_rejects)),
            )
        ]
        bars = _write(_parted(kept, gone, found), cleaned, rejects, tally)
    counts = balanced(
        tally.read, tally.kept, tally.reasons, tally.turns_by_reason, removed=tally.removed
    )
    say(summary(counts, reasons))
    write_text(lengths, bars.write_csv())
    write_json(
        report,
        {
            **counts,
            "rejected_by_reason": reasons,
            "rejected_turns_by_reason": {name: tally.turns_by_reason[name] for name in reasons},
            "repaired": dict(tally.changed),
            "removed_by_repair": dict(tally.removed),
            "redacted": dict(tally.redacted),
            "redacted_labels": {"conversation_ids": tally.ids, "topics": len(tally.topics)},
            "preferences": answers[0],
            "held_out": answers[1],
            "policy": asdict(policy),
        },
    )


def _mend(turns: Path, params: CleanParams, mended: Spool, tally: _Tally) -> pl.Series:
    """Repair the text of every turn; returns the lines that repeat, as hashes."""
    lines = LineCounts()
    for batch in sorted_batches(turns):
        text = repair_text(batch, params)
        lines.add(text.turns, params)
        mended.add(text.turns)
        tally.read.update(_size(batch))
        tally.changed.update(text.changed)
    return lines.repeated(params)


def _judge(
    mended: Spool,
    repeated: pl.Series,
    params: CleanParams,
    policy: Policy,
    aside: tuple[Spool, Spool],
    tally: _Tally,
) -> None:
    """Finish the repairs, redact, and ask the rules that look at one conversation."""
    rules = chosen(params)
    with mapping_writer(wanted=params.keep_mapping) as write_mapping:
        for batch in mended:
            rest = repair_rest(batch, repeated, params)
            named, ids, topics = redact_labels(rest.turns, params.redact, policy)
            private, redacted, mapping = _redacted(named, params, policy)
            write_mapping(mapping)
            judged = judge(private, params, rules)
            aside[0].add(judged.kept)
            aside[1].add(judged.rejects)
            tally.changed.update(rest.changed)
            tally.removed.update(rest.removed)
            tally.redacted.update(redacted)
            tally.ids += ids
            tally.topics |= topics
            tally.reasons.update(judged.reasons)


def _redacted(
    turns: pl.DataFrame, params: CleanParams, policy: Policy
) -> tuple[pl.DataFrame, dict[str, int], list[tuple[str, str, str]]]:
    """The turns with placeholders, values by kind, and what each placeholder stands for."""
    private, redacted, mapping = redact(turns, params.redact, policy)
    if params.presidio:
        from chatloop.io.privacy.presidio import Names

        private, more, people = redact_people(private, Names(params.presidio).spans, policy)
        redacted["person"] = redacted.get("person", 0) + more["person"]
        mapping += people
    return private, redacted, mapping


def _judged_answers(
    preferences: Path,
    repeated: pl.Series,
    params: CleanParams,
    policy: Policy,
    outs: tuple[Path, Path],
) -> dict[str, object]:
    """Write the judged answers without personal data; returns their counts."""
    batches = sorted_batches(preferences, PREFERENCES)
    with (
        mapping_writer(wanted=params.keep_mapping, more=True) as write_mapping,
        table_writer(outs[0], PREFERENCES) as write,
        table_writer(outs[1], REJECTED_PREFERENCES) as write_rejects,
    ):
        labelled = partial(redact_labels, kinds=params.redact, policy=policy)
        private = lambda turns: _redacted(labelled(turns).turns, params, policy)  # noqa: E731
        writers = (write, write_rejects, write_mapping)
        return clean_judged(batches, params, repeated, private, *writers)


def _parted(
    kept: Spool, gone: Spool, found: Mapping[str, Hits]
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Batch by batch, what stays and what is rejected, copies too."""
    for batch, out in zip(kept, gone, strict=True):
        left, rejects = batch, [out]
        for name, hits in ((name, hits) for name, hits in found.items() if hits.height):
            rejects.append(rejected(left, hits, name))
            left = left.join(hits, on="conversation_id", how="anti", maintain_order="left")
        yield left, pl.concat(rejects).sort("conversation_id", "turn")


def _write(
    parts: Iterator[tuple[pl.DataFrame, pl.DataFrame]], cleaned: Path, rejects: Path, tally: _Tally
) -> pl.DataFrame:
    """Write both tables; returns the histogram of what stays."""
    bars = histogram(TURNS.to_frame())
    with (
        table_writer(cleaned, TURNS) as write_kept,
        table_writer(rejects, REJECTED_TURNS) as write_rejects,
    ):
        for left, out in parts:
            write_kept(left)
            write_rejects(out)
            bars = added(bars, histogram(left))
            tally.kept.update(_size(left))
            tally.turns_by_reason.update(dict(out.group_by("reason").len().iter_rows()))
    return bars


def _size(turns: pl.DataFrame) -> dict[str, int]:
    return {"conversations": turns["conversation_id"].n_unique(), "turns": turns.height}


if __name__ == "__main__":
    main(clean)
