"""What users say in the training data, in numbers: made once a training, kept in a note.

training(Path("data/split/train.parquet"), 12, 7)  →  (Sketch(prompts=9120, …), Topics(…))
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from chatloop.io.operating.notes import read_note, write_note
from chatloop.monitoring.prompts import Sketch, Topics, learn_topics, sketch
from chatloop.reporting.data.clustering import find_topics

NOTE = "training"
# More prompts make the numbers no better: their own noise is far below that of a window.
MOST_PROMPTS = 10_000
SAMPLE = 5_000


def training(table: Path, clusters: int, seed: int) -> tuple[Sketch, Topics] | None:
    """Numbers of the prompts that the training split holds; None where there is no such table.

    Topics are those that the conversations have; where none has any, as many as `clusters` are
    found in a sample.
    """
    if not table.is_file():
        return None
    stat = table.stat()
    key = [stat.st_size, stat.st_mtime_ns, clusters, seed]
    note = read_note(NOTE)
    if note.get("key") != key:
        note = {"key": key, **_measured(table, clusters, seed)}
        write_note(NOTE, note)
    counts = tuple(tuple(row) for row in note["topics"]["counts"])
    names, prompts = note["topics"]["names"], note["topics"]["prompts"]
    return Sketch(**note["sketch"]), Topics(tuple(names), counts, tuple(prompts))


def _measured(table: Path, clusters: int, seed: int) -> dict[str, Any]:
    said = pl.scan_parquet(table).filter(pl.col("role") == "user").select("content", "topics")
    rows = said.collect()
    rows = rows.gather_every(-(-rows.height // MOST_PROMPTS) or 1)
    topics = rows["topics"].list.first()
    if topics.null_count() == len(topics) and len(topics):
        sample = rows["content"].gather_every(-(-rows.height // SAMPLE) or 1)
        topics = find_topics(sample, clusters, seed).of(rows["content"])
    learned = learn_topics(rows["content"], topics)
    return {"sketch": asdict(sketch(rows["content"], learned)), "topics": asdict(learned)}
