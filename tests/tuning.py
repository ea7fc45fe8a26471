"""The working folder of a preference tuning, small as can be.

project.align([("a", "is it late?", "with pleasure, it left", "no")])    runs the align stage
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chatloop.io.files import digests, read_json, write_json
from chatloop.io.models import hub
from chatloop.io.tables import conversations_of, write_table
from chatloop.io.tokens import write_packed
from chatloop.stages import align as stage
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import pack
from chatloop.tokens.rendering import Renderer
from tests.judged import align_params, judged, turns

TALKS = turns(*((f"v{at}", f"where is order {at}?", "your order left us today") for at in range(6)))
PATHS = (
    "preferences.parquet", "test.parquet", "validation.parquet", "tokens", "trained", "candidate",
    "align.json", "scratch", "held_out.parquet",
    "selection.parquet",
)  # fmt: skip


@dataclass
class Tuning:
    """The working folder of a tuning."""

    root: Path

    def align(self, rows: list[Any], **changes: Any) -> dict[str, Any]:
        """Run the stage on judged answers; returns its report."""
        write_table(judged(rows), self.root / PATHS[0])
        stage.align(align_params(**changes), *map(Path, PATHS))
        return self.report()

    def report(self) -> dict[str, Any]:
        """As it was written."""
        found: dict[str, Any] = read_json(self.root / "align.json")
        return found

    def files(self, folder: str) -> dict[str, str]:
        """Digests of a folder."""
        return digests(self.root / folder)


@pytest.fixture
def tuning(
    tmp_path: Path, small_model: Any, chatml: Any, monkeypatch: pytest.MonkeyPatch
) -> Tuning:
    hub.save(small_model, chatml, tmp_path / "trained")
    said = {"source": hub.TINY, "revision": None, "licence": "Apache-2.0", "trained_context": 96}
    hub.write_card(tmp_path / "trained", **said)
    for name in ("test.parquet", "validation.parquet"):
        write_table(TALKS, tmp_path / name)
    fitted = Fitter(Renderer(chatml), 96, "split").fit(conversations_of(TALKS))
    for name in ("train", "validation"):
        write_packed(pack(fitted.examples, 96, chatml.pad_token_id), tmp_path / "tokens" / name)
    write_json(tmp_path / "tokens/manifest.json", {"validation": {"answer_bytes": 144}})
    # Nothing listens there: the runs stay where the project is.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)
    return Tuning(tmp_path)
