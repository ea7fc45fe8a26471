"""The candidate: the base model, fine-tuned on the answers of the training split.

In: data/tokenize, models/base. Out: models/candidate (Hugging Face layout and card.json),
reports/curve.csv, reports/train.json. No time and no path is in them: same inputs, same bytes.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from chatloop.io import hub
from chatloop.io.candidate import save_candidate
from chatloop.io.checkpoints import Checkpoints, signals_set
from chatloop.io.files import (
    digests,
    fingerprint,
    folder_sha256,
    read_json,
    write_json,
    write_text,
)
from chatloop.io.mlflow_store.live import training_run
from chatloop.io.tokens import read_packed
from chatloop.modeling.adapting.agreement import first_prompts
from chatloop.modeling.adapting.learner import Learner, make_learner
from chatloop.modeling.isolation import check_isolated
from chatloop.modeling.scoring import be_deterministic, choose_device
from chatloop.params import TrainParams
from chatloop.stages import main, say
from chatloop.training.loop import train_model
from chatloop.training.progress import Point

PRETRAINED = (
    "train: warning: muon at {:g} is for a base that knows nothing yet; this one is pretrained: "
    "train.optimizer=adamw and a train.learning_rate such as 2.0e-5 keep what it knows"
)
CURVE = ("step", "loss", "validation_bits_per_byte", "learning_rate", "supervised_tokens")


def train(
    params: TrainParams,
    tokens: Path,
    base: Path,
    candidate: Path,
    curve: Path,
    report: Path,
    scratch: Path,
) -> None:
    """Train, save the candidate, write the curve; report to MLflow on the way.

    Checkpoints are in `scratch`: what was interrupted goes on from there.
    """
    be_deterministic(params.seed, params.threads)
    packed, validation = read_packed(tokens / "train"), read_packed(tokens / "validation")
    manifest = read_json(tokens / "manifest.json")
    device = choose_device(params.device)
    card = read_json(base / hub.CARD)
    learner = make_learner(hub.load_model(base), params, card.get("added_tokens", ()))
    model = learner.model.to(device)
    check_isolated(model)
    for line in learner.said:
        _say(line)
    say(f"train: {len(packed):,} rows of {manifest['context']} tokens on {device.type}")
    if params.optimizer == "muon" and card["source"] != hub.TINY:
        say(PRETRAINED.format(params.learning_rate))
    inputs = {"tokens": digests(tokens), "base": digests(base), "params": params.model_dump()}
    kept = Checkpoints(scratch, fingerprint(inputs), params.checkpoint_every, _say)
    answer_bytes = manifest["validation"]["answer_bytes"]
    with (
        signals_set(kept.leave),
        training_run(fingerprint(inputs), {"train": params.model_dump()}) as run,
    ):
        points = []
        for point in _shown(train_model(model, packed, validation, answer_bytes, params, kept)):
            points.append(point)
            run.log(point.step, _values(point))
        prompts = first_prompts(validation)
        save_candidate(learner, params.adapter, base, candidate, manifest["context"], prompts)
        run.finish(folder_sha256(candidate))
    write_text(curve, _csv(points))
    write_json(report, _report(points, learner))
    kept.clear()


def _say(line: str) -> None:
    say(f"train: {line}")


def _values(point: Point) -> dict[str, float]:
    values = {
        "loss": point.loss,
        "learning_rate": point.learning_rate,
        "gradient_norm": point.gradient_norm,
        "supervised_tokens": float(point.supervised_tokens),
        "tokens_per_second": point.speed,
    }
    if point.validation_bits_per_byte is not None:
        values["validation_bits_per_byte"] = point.validation_bits_per_byte
    return values


def _shown(points: Iterable[Point]) -> Iterable[Point]:
    """The same points: a bar for a person at a terminal, some lines for a log."""
    console = Console(stderr=True)
    columns = (
        TextColumn("train"),
        BarColumn(),
        TextColumn("step {task.completed:.0f}/{task.total:.0f} {task.description}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        for point in points:
            said = f"loss {point.loss:.3f}, {point.speed:,.0f} tokens/s"
            bar.update(task, completed=point.step, total=point.steps, description=said)
            if point.validation_bits_per_byte is not None:
                bits = point.validation_bits_per_byte
                say(f"train: step {point.step}/{point.steps}: {said}, validation {bits:.4f} bpb")
            yield point


def _csv(points: list[Point]) -> str:
    """The curve as DVC plots it; a cell is empty where nothing was measured."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CURVE)
    for point in points:
        writer.writerow("" if value is None else value for value in _row(point))
    return buffer.getvalue()


def _row(point: Point) -> tuple[object, ...]:
    return tuple(getattr(point, column) for column in CURVE)


def _report(points: list[Point], learner: Learner) -> dict[str, object]:
    bits = [p.validation_bits_per_byte for p in points if p.validation_bits_per_byte is not None]
    return {
        "steps": points[-1].steps,
        "supervised_tokens": points[-1].supervised_tokens,
        "final_loss": points[-1].loss,
        "validation_bits_per_byte": bits[-1],
        "best_validation_bits_per_byte": min(bits),
        "parameters": learner.total,
        "trainable_parameters": learner.learning,
        "trainable_share": learner.share,
    }


if __name__ == "__main__":
    main(train)
