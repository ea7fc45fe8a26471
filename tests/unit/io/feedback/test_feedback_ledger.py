"""What a candidate learned from, by what the stages wrote down."""

from pathlib import Path

import polars as pl

from chatloop.feedback.guards.judging import JUDGED
from chatloop.io.feedback.ledger import ENTERED, LEDGER, SELECTION, TRAINED, record_entered
from chatloop.io.files import read_json
from chatloop.io.tables import write_table


def test_what_only_measures_or_was_skipped_did_not_enter(tmp_path: Path) -> None:
    names = [f"feedback/3/c-{at}/fb-{at}" for at in range(4)]
    rows = [
        {"feedback_id": f"fb-{at}", "exchange_id": f"c-{at}", "version": "3", "number": at,
         "outcome": "taught", "kind": "pair", "source": "api", "caller": f"h:{at}"}
        for at in range(4)
    ]  # fmt: skip
    known = pl.DataFrame(rows, schema_overrides={k: v for k, v in JUDGED.items() if k in rows[0]})
    ledger = known.match_to_schema(JUDGED, missing_columns="insert")
    write_table(ledger, tmp_path / LEDGER)
    write_table(pl.DataFrame({"conversation_id": names[:1]}), tmp_path / TRAINED)
    learned = pl.DataFrame({"conversation_id": names, "learned": [False, True, False, False]})
    write_table(learned, tmp_path / SELECTION)
    (tmp_path / "pins").mkdir()

    assert record_entered(tmp_path) == "feedback: 2 opinions entered the candidate"
    found = read_json(tmp_path / ENTERED)
    assert (found["conversations"], found["preferences"]) == (1, 1)
    assert found["callers"] == {"h:0": 1, "h:1": 1}
