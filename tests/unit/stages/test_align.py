"""The align stage: what passes through, what learns, and that nothing else changes."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatloop.io import hub
from chatloop.io.checkpoints import Checkpoints, Left
from chatloop.io.files import digests, read_json, write_json
from chatloop.io.tables import conversations_of, write_table
from chatloop.io.tokens import write_packed
from chatloop.stages import align as stage
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import pack
from chatloop.tokens.rendering import Renderer
from tests.judged import align_params, judged, turns

KIND, RUDE = "with pleasure, it left us today", "no"
TALKS = turns(*((f"v{at}", f"where is order {at}?", "your order left us today") for at in range(6)))
PATHS = (
    "preferences.parquet", "test.parquet", "validation.parquet", "tokens", "trained", "candidate",
    "align.json", "scratch",
)  # fmt: skip
PAIRS = [(f"p{at:02}", f"is parcel {at} late?", KIND, RUDE) for at in range(12)]
THUMBS = [
    *((f"u{at:02}", f"is letter {at} late?", KIND, None) for at in range(8)),
    *((f"w{at:02}", f"is box {at} late?", None, RUDE) for at in range(8)),
]


@dataclass
class Project:
    """The working folder of a tuning."""

    root: Path

    def align(self, rows: list[Any], **changes: Any) -> dict[str, Any]:
        write_table(judged(rows), self.root / PATHS[0])
        stage.align(align_params(**changes), *map(Path, PATHS))
        return self.report()

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = read_json(self.root / "align.json")
        return found

    def files(self, folder: str) -> dict[str, str]:
        return digests(self.root / folder)


@pytest.fixture
def project(
    tmp_path: Path, small_model: Any, chatml: Any, monkeypatch: pytest.MonkeyPatch
) -> Project:
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
    return Project(tmp_path)


def test_too_few_judged_answers_pass_the_trained_model_on_as_it_is(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    report = project.align(PAIRS[:3])
    assert project.files("candidate") == project.files("trained")
    assert report["skipped_by_reason"]["too_few"] == report["rows"] == 3
    assert "3 of 3 judged answers can teach, align.min_rows asks for 4" in capsys.readouterr().out
    assert not (project.root / ".dvc").exists()


def test_what_passes_through_needs_no_torch(project: Project, root: Path) -> None:
    params = yaml.safe_load((root / "params.yaml").read_text())
    (project.root / "params.yaml").write_text(yaml.safe_dump(params))
    write_table(judged([]), project.root / PATHS[0])
    code = (
        "import sys; from chatloop.stages import main, align; main(align.align); "
        "print(sorted({'torch', 'transformers', 'mlflow'} & set(sys.modules)))"
    )
    names = [f"--{name.split('.')[0]}" for name in PATHS]
    names[6] = "--report"
    flags = [word for pair in zip(names, PATHS, strict=True) for word in pair]
    done = subprocess.run(
        [sys.executable, "-c", code, *flags], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(root / "src")},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"
    assert project.report()["rows"] == 0
    assert project.files("candidate") == project.files("trained")


@pytest.mark.parametrize("rows", [PAIRS, THUMBS, [*PAIRS, *THUMBS]], ids=["dpo", "kto", "both"])
def test_judged_answers_move_the_rewards_twice_in_the_same_way(
    project: Project, rows: list[Any]
) -> None:
    report = project.align(rows, held_out_share=0.3)
    first = project.files("candidate")
    assert first["model.safetensors"] != project.files("trained")["model.safetensors"]
    for part, kinds in report["rewards"].items():
        for kind, found in kinds.items():
            assert found["accuracy"] > 0.8, (part, kind)
    assert project.align(rows, held_out_share=0.3) == report
    assert project.files("candidate") == first
    assert read_json(project.root / "candidate/card.json")["aligned"]["rows"] == len(rows)
    assert not (project.root / "scratch").exists()


class Ends(Checkpoints):
    """Asks itself to leave after the fourth step."""

    def wants(self, step: int) -> bool:
        if step == 4:
            os.kill(os.getpid(), signal.SIGINT)
            self.leave.wait()
        return super().wants(step)


def test_an_interruption_changes_no_bit(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    report, whole = project.align(PAIRS), project.files("candidate")
    with monkeypatch.context() as patched, pytest.raises(Left):
        patched.setattr("chatloop.io.checkpoints.Checkpoints", Ends)
        project.align(PAIRS)
    assert list((project.root / "scratch").glob("*/step-00000004"))
    assert project.align(PAIRS) == report
    assert project.files("candidate") == whole


def test_it_stops_at_the_bound_with_the_last_weights_within_it(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = [(name, asked, "QXZ!? 77", good) for name, asked, good, _ in PAIRS]
    held = project.align(odd, evaluate_every=1, max_bpb_rise=0.02)
    assert 0 < held["kept_step"] < held["steps_done"] < held["steps"]
    assert 0.0 < held["validation_bits_per_byte_rise"] <= 0.02
    assert "stopped by align.max_bpb_rise 0.02" in capsys.readouterr().out
    none = project.align(odd, max_bpb_rise=0.0, learning_rate=0.1)
    assert none["kept_step"] == 0
    assert project.files("candidate") == project.files("trained")


def test_an_adapter_is_merged(project: Project) -> None:
    from chatloop.params.data import Adapter

    report = project.align(PAIRS, adapter=Adapter(rank=4), learning_rate=1.0e-2)
    assert report["kept_step"] == report["steps"]
    assert (project.root / "candidate/adapter").is_dir()


def test_answers_that_do_not_fit_are_said_and_too_few_are_left(project: Project) -> None:
    long = [(f"x{at}", f"letter {at}", "very " * 60, RUDE) for at in range(3)]
    report = project.align([*PAIRS[:4], *long])
    assert report["skipped_by_reason"]["too_long"] == 3
    assert report["learned"] == 4
