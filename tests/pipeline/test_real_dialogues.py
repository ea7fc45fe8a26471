"""Real dialogues and real weights, from raw file to verdict."""

import gzip
import json
import subprocess
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from tests.pipeline.conftest import SMALL

pytestmark = pytest.mark.pipeline


def test_real_dialogues_tune_real_weights(
    project: Path,
    chatloop: Callable[..., subprocess.CompletedProcess[str]],
    sgd: Path,
    tinystories: Path,
) -> None:
    with gzip.open(sgd / "dev.jsonl.gz", "rb") as source:
        (project / "some.jsonl").write_bytes(b"".join(islice(source, 100)))
    overrides = [
        *SMALL, f"base.model={tinystories}", "gate.min_conversations=5", "train.epochs=0.3",
        f"ingest.sources=[{{path: some.jsonl, format: messages}},"
        f"{{path: {sgd / 'original'}, format: sgd}}]",
    ]  # fmt: skip
    done = chatloop("run", *(a for pair in overrides for a in ("-S", pair)))
    assert "alias champion" in done.stdout
    scores = json.loads((project / "reports" / "evaluate.json").read_text())["bits_per_byte"]
    assert scores["candidate"] < scores["base"]
    assert json.loads((project / "reports" / "ingest.json").read_text())["conversations"] == 228
