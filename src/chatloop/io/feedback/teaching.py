"""From the snapshot into training data: read, judged, and what is taught handed to ingest.

One ledger row for every opinion; one conversation or judged answer for every one that is taught.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from chatloop.conversation import Preference
from chatloop.feedback.guards.background import Background
from chatloop.feedback.guards.judging import JUDGED, Verdicts, judge
from chatloop.feedback.opinions import opinions_of, preference_of
from chatloop.feedback.telling.report import feedback_report
from chatloop.io.feedback.manifest import Manifest, read_manifest, read_parts
from chatloop.io.feedback.reviews import read_reviews
from chatloop.io.files import write_json
from chatloop.io.sources.finding import FEEDBACK
from chatloop.io.sources.intake import Intake, judged_rows
from chatloop.io.sources.record import Record
from chatloop.io.tables import PREFERENCES, table_writer, write_table
from chatloop.params.feedback import FeedbackParams
from chatloop.params.sources import Source

Judged = Iterator[tuple[str, int, Preference]]


@dataclass(frozen=True)
class Pins:
    """What decides which feedback there is: the snapshot's manifest, and a person's reviews."""

    snapshot: Path
    reviews: Path


@dataclass(frozen=True)
class Outs:
    """The ledger, what only measures, and the report."""

    ledger: Path
    held_out: Path
    report: Path


class Feedback:
    """The feedback of one run of ingest. What the other sources say is told to `background`."""

    def __init__(self, params: FeedbackParams, pins: Pins, wanted: bool) -> None:
        empty = Manifest(parts=[], forgotten=[])
        self.manifest = read_manifest(pins.snapshot) if wanted else empty
        self._params, self._pins = params, pins
        self._background = Background(params.lift.sample, params.lift.words)

    def background(self, turns: pl.DataFrame) -> None:
        """Turns that were read; nothing is kept of feedback, nor where there is none."""
        if self.manifest.rows and turns.height and turns.item(0, "source") != FEEDBACK:
            self._background.add(turns)

    def teach(self, source: Source | None, intake: Intake, outs: Outs) -> str:
        """Judge all, hand over what is taught, write the rest; None where none is wanted.

        Returns:
            The name of the format.
        """
        intake.flush()
        source = source or Source(path=FEEDBACK)
        verdicts = judge(
            partial(self._opinions, source), self._background, self._params,
            read_reviews(self._pins.reviews),
        )  # fmt: skip
        outcomes = dict(verdicts.judged.select("number", "outcome").iter_rows())
        with table_writer(outs.held_out, PREFERENCES) as write:
            for outcome, number, pair in self._preferences(source, outcomes):
                if outcome == "taught":
                    intake.add(FEEDBACK, Record(FEEDBACK, number, "", None), [pair])
                else:
                    rows = [*judged_rows(pair, FEEDBACK)]
                    write(pl.DataFrame(rows, schema=PREFERENCES, orient="row"))
        self._write(verdicts, outs)
        return "feedback"

    def _opinions(self, source: Source) -> Iterator[pl.DataFrame]:
        return (opinions_of(part, source) for part in read_parts(self.manifest))

    def _preferences(self, source: Source, outcomes: dict[int, str]) -> Judged:
        for part in read_parts(self.manifest):
            for record in part.iter_rows(named=True):
                outcome = outcomes[record["number"]]
                if outcome in ("taught", "held_out"):
                    pair = preference_of(record, source)
                    assert isinstance(pair, Preference)
                    yield outcome, record["number"], pair

    def _write(self, verdicts: Verdicts, outs: Outs) -> None:
        write_table(verdicts.judged.match_to_schema(JUDGED), outs.ledger)
        forgotten = [one.model_dump() for one in self.manifest.forgotten]
        write_json(outs.report, feedback_report(verdicts, forgotten))
