"""The candidate: the base model, fine-tuned on the answers of the training split.

In: data/tokenize, models/base. Out: models/candidate (Hugging Face layout and card.json),
reports/curve.csv, reports/train.json. No time and no path is in them: same inputs, same bytes.
"""

import csv
import io
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from chatloop.io import hub
from chatloop.io.checkpoints import Checkpoints, signals_set
from chatloop.io.files import (
    digests,
    fingerprint,
    folder_sha256,
    read_json,
    sha256,
    whole_folder,
    write_json,
    write_text,
)
from chatloop.io.mlflow_store.live import TrainingRun, training_run
from chatloop.io.ranks import is_rank, supervise
from chatloop.io.tokens import read_packed
from chatloop.modeling.scoring import be_deterministic, choose_device
from chatloop.params import TrainParams
from chatloop.stages import main, say
from chatloop.training.loop import train_model
from chatloop.training.measuring import Gauge
from chatloop.training.parallel import World, count_devices, joined
from chatloop.training.progress import Point
from chatloop.training.stopping import best_point

PRETRAINED = (
    "warning: muon at {:g} is for a base that knows nothing yet; this one is pretrained: "
    "train.optimizer=adamw and a train.learning_rate such as 2.0e-5 keep what it knows"
)
CURVE = (
    "step", "loss", "validation_bits_per_byte", "learning_rate", "gradient_norm",
    "supervised_tokens", "kept",
)  # fmt: skip
MODULE = "chatloop.stages.train"
ANY_DEVICES = {"devices", "parallel"}  # another number of them goes on where this one stopped
ROOMS = [Path(__file__).parents[1] / room for room in ("training", "modeling")]


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
    device = choose_device(params.device)
    devices = count_devices(params, device)
    if devices > 1 and not is_rank():
        paths = {"tokens": tokens, "base": base, "candidate": candidate}
        paths |= {"curve": curve, "report": report, "scratch": scratch}
        arguments = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
        if code := supervise(MODULE, arguments, devices):
            sys.exit(code)
        return
    with joined(device) as world:
        _train(params, world, device, tokens, base, candidate, curve, report, scratch)


def _train(
    params: TrainParams,
    world: World,
    device: Any,
    tokens: Path,
    base: Path,
    candidate: Path,
    curve: Path,
    report: Path,
    scratch: Path,
) -> None:
    tell = _silent if world.rank else _say
    be_deterministic(params.seed + world.rank, max(1, params.threads // world.size))
    packed, validation = read_packed(tokens / "train"), read_packed(tokens / "validation")
    manifest = read_json(tokens / "manifest.json")
    model = hub.load_model(base).to(device)
    with_others = f", {world.size} processes ({params.parallel})" if world.size > 1 else ""
    tell(f"{len(packed):,} rows of {manifest['context']} tokens on {device.type}{with_others}")
    if params.optimizer == "muon" and read_json(base / hub.CARD)["source"] != hub.TINY:
        tell(PRETRAINED.format(params.learning_rate))
    inputs = _inputs(params, tokens, base)
    kept = Checkpoints(scratch, fingerprint(inputs), params.checkpoint_every, tell, world)
    answer_bytes = manifest["validation"]["answer_bytes"]
    run_of = nullcontext(TrainingRun()) if world.rank else training_run(
        fingerprint(inputs), {"train": params.model_dump()}
    )  # fmt: skip
    with signals_set(kept.leave), run_of as run:
        gauge, points = Gauge(model, world.size), []
        curve_of = train_model(model, packed, validation, answer_bytes, params, kept, world)
        for point in _shown(curve_of, gauge, tell):
            points.append(point)
            run.log(point.step, gauge.values(point))
        if world.rank:
            return
        _tell_the_end(points, params, gauge, tell)
        _save(model.cpu(), base, candidate, manifest["context"])
        run.finish(folder_sha256(candidate))
    write_text(curve, _csv(points, _kept(points, params.patience)))
    write_json(report, _report(points, params.patience))
    kept.clear()


def _inputs(params: TrainParams, tokens: Path, base: Path) -> dict[str, object]:
    """All that decides about the weights: another of any is another training."""
    return {
        "tokens": digests(tokens),
        "base": digests(base),
        "params": params.model_dump(exclude=ANY_DEVICES),
        "code": {path.name: sha256(path) for room in ROOMS for path in sorted(room.glob("*.py"))},
    }


def _silent(_line: str) -> None:
    """The first rank speaks for all."""


def _say(line: str) -> None:
    say(f"train: {line}")


def _save(model: Any, base: Path, candidate: Path, context: int) -> None:
    """The base's tokenizer and template go with the weights, and its card is carried on."""
    card = read_json(base / hub.CARD)
    origin = {key: card[key] for key in ("source", "revision", "licence")}
    with whole_folder(candidate) as folder:
        hub.save(model.eval(), hub.load_tokenizer(base), folder)
        hub.copy_licence(base, folder)
        hub.write_card(folder, **origin, trained_context=context)


def _tell_the_end(
    points: Sequence[Point], params: TrainParams, gauge: Gauge, tell: Callable[[str], None]
) -> None:
    last, best = points[-1], best_point(points)
    if params.patience is not None and best is not None:
        bits, after = (
            best.validation_bits_per_byte,
            f"stopped after step {last.step} of {last.steps}",
        )
        why = f"{after}: {params.patience} evaluations were no better; " * (last.step < last.steps)
        tell(f"{why}kept are the weights of step {best.step}, validation {bits:.4f} bpb")
    values = gauge.values(last)
    tell(
        f"{values['mfu']:.0%} of {gauge.peak.flops / 1e9:,.0f} GFLOP/s ({gauge.peak.source}), "
        f"{values['peak_memory_gib']:.2f} GiB at most"
    )


def _shown(points: Iterable[Point], gauge: Gauge, tell: Callable[[str], None]) -> Iterable[Point]:
    """The same points: a bar for a person at a terminal, some lines for a log."""
    console = Console(stderr=True)
    quiet = tell is _silent or not console.is_terminal
    columns = (
        TextColumn("train"),
        BarColumn(),
        TextColumn("step {task.completed:.0f}/{task.total:.0f} {task.description}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet) as bar:
        task = bar.add_task("", total=None)
        for point in points:
            speeds = f"{point.speed:,.0f} tokens/s ({point.supervised_speed:,.0f} supervised)"
            said = f"loss {point.loss:.3f}, {speeds}"
            bar.update(task, completed=point.step, total=point.steps, description=said)
            if point.validation_bits_per_byte is not None:
                bits = point.validation_bits_per_byte
                tell(f"step {point.step}/{point.steps}: {said}, validation {bits:.4f} bpb")
            yield point


def _csv(points: list[Point], kept: Point) -> str:
    """The curve as DVC plots it; a cell is empty where nothing was measured."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CURVE)
    for point in points:
        row = (getattr(point, column) for column in CURVE[:-1])
        marked = (*row, 1 if point is kept else None)
        writer.writerow("" if value is None else value for value in marked)
    return buffer.getvalue()


def _kept(points: list[Point], patience: int | None) -> Point:
    """The point whose weights the candidate has: the last, or with `patience` the best."""
    best = best_point(points)
    return points[-1] if patience is None or best is None else best


def _report(points: list[Point], patience: int | None) -> dict[str, object]:
    last, best, kept = points[-1], best_point(points), _kept(points, patience)
    assert best is not None, "the last point has an evaluation"
    return {
        "steps": last.steps,
        "steps_done": last.step,
        "kept_step": kept.step,
        "supervised_tokens": last.supervised_tokens,
        "final_loss": last.loss,
        "validation_bits_per_byte": kept.validation_bits_per_byte,
        "best_validation_bits_per_byte": best.validation_bits_per_byte,
    }


if __name__ == "__main__":
    main(train)
