"""What CTranslate2 is not asked to run, since it would answer otherwise."""

from pathlib import Path

import pytest

from chatloop.io.files import write_json
from chatloop.serve.loading.conversion import UnknownShapeError, converted


def test_positions_that_ctranslate2_stretches_otherwise_are_left_to_transformers(
    tmp_path: Path,
) -> None:
    rope = {"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 128}
    write_json(tmp_path / "config.json", {"rope_parameters": rope})
    with pytest.raises(UnknownShapeError, match="stretched from 128 tokens"):
        converted(tmp_path, "0", "float32")
