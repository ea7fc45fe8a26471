"""What the ledger says: which opinions wait for a person, and which of them entered a model.

number  reason      detail       feedback_id  messages, answer, correction, comment
17      phrase_cap  blue orchid  fb-01J…      …
"""

from pathlib import Path

import polars as pl

from chatloop.errors import UserError
from chatloop.feedback.guards.judging import JUDGED
from chatloop.feedback.telling.entered import entered
from chatloop.io.feedback.manifest import PIN, read_manifest, read_part
from chatloop.io.feedback.reviews import read_reviews
from chatloop.io.files import write_json
from chatloop.io.tables import read_table

LEDGER, ENTERED = Path("data/ingest/feedback.parquet"), Path("reports/entered.json")
TRAINED, SELECTION = Path("data/split/train.parquet"), Path("data/align/selection.parquet")
TEXTS = ("number", "messages", "answer", "correction", "comment")


def waiting(ledger: Path, reviews: Path) -> pl.DataFrame:
    """Quarantined opinions that nobody decided on, in order of reason, phrase and number.

    Raises:
        UserError: ingest has not run yet.
    """
    if not ledger.is_file():
        raise UserError(f"{ledger}: is not there yet; `chatloop run` judges the feedback first")
    known = read_reviews(reviews)
    held = read_table(ledger, JUDGED).filter(pl.col("outcome") == "quarantined")
    decided = pl.col("feedback_id").is_in([*known.accepted, *known.rejected])
    return held.filter(~decided).sort("reason", "detail", "number")


def with_texts(held: pl.DataFrame, pin: Path = PIN) -> pl.DataFrame:
    """The same with what was asked, answered and wanted, from the snapshot."""
    found = []
    for part in read_manifest(pin).parts:
        inside = held.filter(pl.col("number").is_between(part.first, part.last))
        if inside.height:
            texts = read_part(part).select(*TEXTS)
            found.append(inside.join(texts, on="number", maintain_order="left"))
    empty = held.head(0).join(pl.DataFrame(schema={"number": pl.Int64}), on="number")
    return pl.concat(found).sort("reason", "detail", "number") if found else empty


def record_entered(root: Path = Path()) -> str:
    """Write down what the candidate learned from, beside its reports; returns one line."""
    talks = pl.read_parquet(root / TRAINED, columns=["conversation_id"])
    judged = pl.read_parquet(root / SELECTION).filter("learned")
    ids = [set(some["conversation_id"]) for some in (talks, judged)]
    found = entered(read_table(root / LEDGER, JUDGED), *ids)
    forgotten = [one.model_dump() for one in read_manifest(root / PIN).forgotten]
    write_json(root / ENTERED, {**found, "forgotten": forgotten})
    return f"feedback: {found['opinions']:,} opinions entered the candidate"
