"""Conversations from every source into one turns table; what is not understood is quarantined.

In: params.ingest.sources (files, folders, globs, hub data sets, or the built-in corpus).
Out: data/ingest/turns.parquet, data/ingest/preferences.parquet, data/ingest/quarantine.parquet,
reports/ingest.json.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatloop.conversation import Reject
from chatloop.errors import UserError
from chatloop.formats import FORMATS, Format, Parsed, check_options, detect, format_named
from chatloop.io.files import write_json
from chatloop.io.sources import BUILTIN, Record
from chatloop.io.sources.gathering import gather, sample
from chatloop.io.sources.intake import Intake
from chatloop.io.tables import PREFERENCES, QUARANTINE, TURNS, table_writer
from chatloop.params.sources import Builtin, IngestParams, Source
from chatloop.stages import main, say

_COUNTED = ("records_read", "conversations", "quarantined")


def ingest(
    params: IngestParams,
    sources: Path,
    turns: Path,
    preferences: Path,
    quarantine: Path,
    report: Path,
) -> None:
    """Read every source; write turns, judged answers, the quarantine and the counts.

    `sources` is the pin of the files' digests: DVC runs this stage again when it changes. All is
    read and written a part at a time, so that memory does not grow with the data.
    """
    per_source: dict[str, dict[str, int]] = {}
    with _writing(turns, preferences, quarantine) as intake:
        for at, source in enumerate(params.sources):
            before = intake.counts.copy()
            name = _read(source, at, params.builtin, intake)
            came = {count: intake.counts[count] - before[count] for count in _COUNTED}
            say(_line(source, name, came))
            known = per_source.setdefault(source.path, dict.fromkeys(_COUNTED, 0))
            per_source[source.path] = {count: known[count] + came[count] for count in _COUNTED}
        if not intake.counts["conversations"]:
            reasons = _reasons(intake) or "they are empty"
            raise UserError(f"no conversation in any source; {reasons}")
    write_json(report, _report(intake, per_source))


@contextmanager
def _writing(turns: Path, preferences: Path, quarantine: Path) -> Iterator[Intake]:
    with (
        table_writer(turns, TURNS) as write_turns,
        table_writer(preferences, PREFERENCES) as write_preferences,
        table_writer(quarantine, QUARANTINE) as write_quarantine,
    ):
        intake = Intake(write_turns, write_quarantine, write_preferences)
        yield intake
        intake.flush()


def _read(source: Source, at: int, builtin: Builtin, intake: Intake) -> str:
    """Read one source into the intake; returns the name of its format."""
    if source.path == BUILTIN:
        for record in _builtin(builtin):
            intake.add(source.path, record, FORMATS["messages"].parse(record.value, source))
        return "messages"
    named = format_named(source.format, at) if source.format else None
    chosen = named or detect(sample(source, at), source, at)
    if chosen is not None:
        check_options(chosen, source, at)
    for record in gather(source, at, chosen or FORMATS["messages"]):
        intake.add(source.path, record, _parsed(record, chosen, source))
    found = "" if named or not chosen else ", found from its records"
    return f"{chosen.name if chosen else 'nothing'}{found}"


def _parsed(record: Record, chosen: Format | None, source: Source) -> list[Parsed]:
    if record.problem or chosen is None:
        return [record.problem or Reject("not_understood", "its format is not known")]
    try:
        return chosen.parse(record.value, source)
    except RecursionError:
        return [Reject("too_deep", "nested deeper than can be followed")]


def _builtin(builtin: Builtin) -> Iterator[Record]:
    from chatloop.corpus import generate

    corpus = generate(builtin.conversations, builtin.seed)
    for at, record in enumerate(corpus.records, start=1):
        yield Record(BUILTIN, at, json.dumps(record, ensure_ascii=False), record)


def _line(source: Source, name: str, came: dict[str, int]) -> str:
    said = f"{came['conversations']:,} conversations, {came['quarantined']:,} quarantined"
    return f"ingest: {source.path} as {name}: {said}"


def _reasons(intake: Intake) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(intake.reasons.items()))


def _report(intake: Intake, per_source: dict[str, dict[str, int]]) -> dict[str, object]:
    """What was read: every record was kept, at least in part, or is in quarantine."""
    counts = intake.counts
    read, kept, quarantined = (
        counts[name] for name in ("records_read", "records_kept", "quarantined")
    )
    assert read == kept + quarantined, f"{read} records, {kept} kept, {quarantined} quarantined"
    return {
        "records_read": read,
        "records_kept": kept,
        "conversations": counts["conversations"],
        "turns": counts["turns"],
        "quarantined": quarantined,
        "quarantined_by_reason": dict(sorted(intake.reasons.items())),
        "preferences": {kind: counts[f"preferences_{kind}"] for kind in ("pairs", "up", "down")},
        "ids_renamed": counts["ids_renamed"],
        "sources": per_source,
    }


if __name__ == "__main__":
    main(ingest)
