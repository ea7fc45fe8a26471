"""Real dialogues and real weights, from raw file to verdict."""

import gzip
from itertools import islice
from pathlib import Path

import pytest

from tests.pipeline.conftest import SMALL
from tests.pipeline.in_process import InProcess

pytestmark = pytest.mark.pipeline


def test_real_dialogues_tune_real_weights(
    in_process: InProcess, sgd: Path, tinystories: Path
) -> None:
    with gzip.open(sgd / "dev.jsonl.gz", "rb") as source:
        (in_process.folder / "some.jsonl").write_bytes(b"".join(islice(source, 100)))
    overrides = [
        *SMALL, f"base.model={tinystories}", "gate.min_conversations=5", "train.epochs=0.3",
        f"ingest.sources=[{{path: some.jsonl, format: messages}},"
        f"{{path: {sgd / 'original'}, format: sgd}}]",
    ]  # fmt: skip
    run = in_process.run(overrides, print)
    assert (run.outcome, run.version) == ("promoted", 1)
    scores = in_process.report("evaluate")["bits_per_byte"]
    assert scores["candidate"] < scores["base"]
    assert in_process.report("ingest")["conversations"] == 228
