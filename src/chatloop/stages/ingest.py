"""Conversations from every source into one turns table; what is not understood is quarantined.

In: params.ingest.sources (files, folders, globs, hub data sets, the built-in corpus, feedback).
Out: data/ingest/{turns,preferences,quarantine}.parquet, reports/ingest.json; and of feedback
data/ingest/{feedback,held_out}.parquet, reports/feedback.json.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from chatloop.conversation import Reject
from chatloop.errors import UserError
from chatloop.formats import FORMATS, Format, Parsed, check_options, detect, format_named
from chatloop.io.feedback.teaching import Feedback, Outs, Pins
from chatloop.io.files import write_json
from chatloop.io.sources import BUILTIN, FEEDBACK, Record
from chatloop.io.sources.gathering import gather, sample
from chatloop.io.sources.intake import Intake
from chatloop.io.tables import PREFERENCES, QUARANTINE, TURNS, table_writer
from chatloop.params.sources import Builtin, IngestParams, Source
from chatloop.stages import main, say

_COUNTED = ("records_read", "conversations", "quarantined")


def ingest(
    params: IngestParams,
    sources: Path,
    snapshot: Path,
    reviews: Path,
    turns: Path,
    preferences: Path,
    quarantine: Path,
    feedback: Path,
    held_out: Path,
    report: Path,
    opinions: Path,
) -> None:
    """Read every source; write turns, judged answers, the quarantine and the counts.

    `sources` is the pin of the files' digests: DVC runs this stage again when it changes; so are
    `snapshot` and `reviews` of feedback, which comes last: it is held against all others. All is
    read and written a part at a time, so that memory does not grow with the data.
    """
    per_source: dict[str, dict[str, int]] = {}
    wanted = any(source.path == FEEDBACK for source in params.sources)
    said = Feedback(params.feedback, Pins(snapshot, reviews), wanted)
    with _writing(turns, preferences, quarantine, said) as intake:
        outs = Outs(feedback, held_out, opinions)
        if not wanted:
            said.teach(None, intake, outs)
        for at, source in _feedback_last(params.sources):
            before = intake.counts.copy()
            if source.path == FEEDBACK:
                name = said.teach(source, intake, outs)
            else:
                name = _read(source, at, params.builtin, intake)
            came = {count: intake.counts[count] - before[count] for count in _COUNTED}
            say(_line(source, name, came))
            known = per_source.setdefault(source.path, dict.fromkeys(_COUNTED, 0))
            per_source[source.path] = {count: known[count] + came[count] for count in _COUNTED}
        if not intake.counts["conversations"]:
            reasons = _reasons(intake) or "they are empty"
            raise UserError(f"no conversation in any source; {reasons}")
    write_json(report, _report(intake, per_source))


def _feedback_last(sources: Iterable[Source]) -> list[tuple[int, Source]]:
    return sorted(enumerate(sources), key=lambda named: named[1].path == FEEDBACK)


@contextmanager
def _writing(turns: Path, preferences: Path, quarantine: Path, said: Feedback) -> Iterator[Intake]:
    with (
        table_writer(turns, TURNS) as write_turns,
        table_writer(preferences, PREFERENCES) as write_preferences,
        table_writer(quarantine, QUARANTINE) as write_quarantine,
    ):

        def write(some: pl.DataFrame) -> None:
            write_turns(some)
            said.background(some)

        intake = Intake(write, write_quarantine, write_preferences)
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
    said = (
        f"{count:,} {reason} (the first: {intake.places[reason]})"
        for reason, count in sorted(intake.reasons.items())
    )
    told = "unknown_role" in intake.reasons
    return ", ".join(said) + ("; `speakers` in the source say who is who" if told else "")


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
