"""The real turns of the Schema-Guided Dialogues, as a turns table."""

import gzip
import json

import polars as pl

from benchmarks.report import SGD


def turns(name: str = "train.jsonl.gz") -> pl.DataFrame | None:
    """conversation_id, turn, content of one file; None where the data are not here."""
    if not (SGD / name).is_file():
        return None
    with gzip.open(SGD / name, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    rows = [
        (record["id"], number, message["content"])
        for record in records
        for number, message in enumerate(record["messages"])
    ]
    return pl.DataFrame(rows, schema=["conversation_id", "turn", "content"], orient="row")
