"""The base model, fine-tuned on the answers of the training split.

In: data/tokenize, models/base. Out: models/trained (Hugging Face layout and card.json),
reports/curve.csv, reports/train.json. No time and no path is in them: same inputs, same bytes.
"""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from chatloop.io.files import (
    digests,
    fingerprint,
    folder_sha256,
    read_json,
    sha256,
    write_json,
    write_text,
)
from chatloop.io.mlflow_store.live import TrainingRun, training_run
from chatloop.io.models import hub
from chatloop.io.models.candidate import save_candidate
from chatloop.io.models.checkpoints import Checkpoints, signals_set
from chatloop.io.ranks import is_rank, supervise
from chatloop.io.tokens import read_packed
from chatloop.modeling.adapting.agreement import first_prompts
from chatloop.modeling.adapting.learner import make_learner
from chatloop.modeling.isolation import check_isolated
from chatloop.modeling.scoring import be_deterministic, choose_device
from chatloop.params import TrainParams
from chatloop.stages import main, say
from chatloop.terminal.training import shown, tell_the_end
from chatloop.tokens.packing import supervising
from chatloop.training.figures.curve import curve_csv, figures, kept_point
from chatloop.training.figures.measuring import Gauge
from chatloop.training.loop import train_model
from chatloop.training.parallel import World, count_devices, joined

PRETRAINED = (
    "warning: muon at {:g} is for a base that knows nothing yet; this one is pretrained: "
    "train.optimizer=adamw and a train.learning_rate such as 2.0e-5 keep what it knows"
)
MODULE = "chatloop.stages.train"
ANY_DEVICES = {"devices", "parallel"}  # another number of them goes on where this one stopped
ROOMS = [Path(__file__).parents[1] / room for room in ("training", "modeling")]
BYTES = {"all": "answer_bytes", "last": "last_answer_bytes"}  # in the manifest, of what is scored


def train(
    params: TrainParams,
    tokens: Path,
    base: Path,
    trained: Path,
    curve: Path,
    report: Path,
    scratch: Path,
) -> None:
    """Train, save the model, write the curve; report to MLflow on the way.

    Checkpoints are in `scratch`: what was interrupted goes on from there.
    """
    device = choose_device(params.device)
    devices = count_devices(params, device)
    if devices > 1 and not is_rank():
        paths = {"tokens": tokens, "base": base, "trained": trained}
        paths |= {"curve": curve, "report": report, "scratch": scratch}
        arguments = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
        if code := supervise(MODULE, arguments, devices):
            sys.exit(code)
        return
    with joined(device) as world:
        _train(params, world, device, tokens, base, trained, curve, report, scratch)


def _train(
    params: TrainParams,
    world: World,
    device: Any,
    tokens: Path,
    base: Path,
    trained: Path,
    curve: Path,
    report: Path,
    scratch: Path,
) -> None:
    tell = _silent if world.rank else _say
    be_deterministic(params.seed + world.rank, max(1, params.threads // world.size))
    packed, validation = (
        supervising(read_packed(tokens / name), params.supervise)
        for name in ("train", "validation")
    )
    manifest, card = read_json(tokens / "manifest.json"), read_json(base / hub.CARD)
    learner = make_learner(hub.load_model(base), params, card.get("added_tokens", ()))
    model = learner.model.to(device)
    check_isolated(model)
    for line in learner.said:
        tell(line)
    with_others = f", {world.size} processes ({params.parallel})" if world.size > 1 else ""
    tell(f"{len(packed):,} rows of {manifest['context']} tokens on {device.type}{with_others}")
    if params.optimizer == "muon" and card["source"] != hub.TINY:
        tell(PRETRAINED.format(params.learning_rate))
    inputs = _inputs(params, tokens, base)
    kept = Checkpoints(scratch, fingerprint(inputs), params.checkpoint_every, tell, world)
    answer_bytes = manifest["validation"][BYTES[params.supervise]]
    run_of = nullcontext(TrainingRun()) if world.rank else training_run(
        fingerprint(inputs), {"train": params.model_dump()}
    )  # fmt: skip
    with signals_set(kept.leave), run_of as run:
        gauge, points = Gauge(model, world.size), []
        found = train_model(model, packed, validation, answer_bytes, params, kept, world=world)
        for point in shown(found, tell, watched=not world.rank):
            points.append(point)
            run.log(point.step, gauge.values(point))
        if world.rank:
            return
        tell_the_end(points, params.patience, gauge, tell)
        prompts = first_prompts(validation)
        save_candidate(learner, params.adapter, base, trained, manifest["context"], prompts)
        run.finish(folder_sha256(trained))
    write_text(curve, curve_csv(points, kept_point(points, params.patience)))
    write_json(report, {**figures(points, params.patience), **learner.figures})
    kept.clear()


def _inputs(params: TrainParams, tokens: Path, base: Path) -> dict[str, object]:
    """All that decides about the weights: another of any is another training."""
    code = [path for room in ROOMS for path in sorted(room.rglob("*.py"))]
    return {
        "tokens": digests(tokens),
        "base": digests(base),
        "params": params.model_dump(exclude=ANY_DEVICES),
        "code": {path.relative_to(ROOMS[0].parent).as_posix(): sha256(path) for path in code},
    }


def _silent(_line: str) -> None:
    """The first rank speaks for all."""


def _say(line: str) -> None:
    say(f"train: {line}")


if __name__ == "__main__":
    main(train)
