"""The candidate: the trained model after what people said of answers; else the same.

In: data/clean/preferences.parquet, test and validation split, data/tokenize, models/trained.
Out: models/candidate (Hugging Face layout and card.json), reports/align.json, the judged answers
that nobody learned from, by which evaluate measures, in data/align/held_out.parquet, and what
became of each in data/align/selection.parquet.

With too few judged answers the candidate is models/trained, file by file, and no weights are read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from chatloop.io.files import (
    digests,
    fingerprint,
    folder_sha256,
    link_folder,
    read_json,
    sha256,
    write_json,
)
from chatloop.io.tables import PREFERENCES, TURNS, preferences_of, read_table, write_table
from chatloop.params.align import AlignParams
from chatloop.preferences.selecting import TOO_FEW, TOO_LONG, kinds, measuring, selected, tally
from chatloop.stages import main, say

PRETRAINED = (
    "warning: a learning rate of {:g} is for the embedded base; this one is pretrained: an "
    "align.learning_rate such as 5.0e-6 keeps what it knows"
)
GENTLE = 1.0e-4  # what a pretrained base, or an adapter, bears
ROOMS = [Path(__file__).parents[1] / room for room in ("training", "modeling", "preferences")]


@dataclass(frozen=True)
class _Paths:
    preferences: Path
    test: Path
    validation: Path
    tokens: Path
    trained: Path
    candidate: Path
    report: Path
    scratch: Path
    held_out: Path
    selection: Path


def align(
    params: AlignParams,
    preferences: Path,
    test: Path,
    validation: Path,
    tokens: Path,
    trained: Path,
    candidate: Path,
    report: Path,
    scratch: Path,
    held_out: Path,
    selection: Path,
) -> None:
    """Choose what teaches; tune the trained model on it, or pass it on.

    Checkpoints are in `scratch`: what was interrupted goes on from there.
    """
    paths = _Paths(
        preferences, test, validation, tokens, trained, candidate, report, scratch, held_out,
        selection,
    )  # fmt: skip
    judged = read_table(preferences, PREFERENCES)
    rows = _chosen(judged, paths, params)
    if kinds(rows).total() < params.min_rows:
        _hold_out(judged, rows, paths)
        _pass_on(rows, params, paths)
    else:
        _align(rows, judged, params, paths)


def _chosen(judged: pl.DataFrame, paths: _Paths, params: AlignParams) -> pl.DataFrame:
    """Rows as `selected` has them; the splits are read only where there may be enough."""
    if judged["conversation_id"].n_unique() < params.min_rows:
        return selected(judged, TURNS.to_frame(), TURNS.to_frame(), params)
    return selected(judged, read_table(paths.test), read_table(paths.validation), params)


def _hold_out(judged: pl.DataFrame, rows: pl.DataFrame, paths: _Paths) -> None:
    """The turns of what nothing learns from; of few judged answers, too."""
    key = ["conversation_id", "side", "turn"]
    held = judged.join(measuring(rows), on="conversation_id", how="semi")
    write_table(held.sort(key), paths.held_out)


def _pass_on(rows: pl.DataFrame, params: AlignParams, paths: _Paths) -> None:
    _say(
        f"{kinds(rows).total():,} of {rows.height:,} judged answers can teach, align.min_rows asks "
        f"for {params.min_rows:,}: the candidate is the trained model"
    )
    link_folder(paths.trained, paths.candidate)
    skipped = rows.with_columns(pl.col("reason").fill_null(TOO_FEW))
    _write_selection(skipped, paths, tuned=False)
    write_json(paths.report, tally(skipped))


def _align(rows: pl.DataFrame, judged: pl.DataFrame, params: AlignParams, paths: _Paths) -> None:
    """Render what was chosen, and learn from it where there is still enough."""
    from chatloop.io.models.hub import CARD, load_tokenizer
    from chatloop.tokens.rendering import Renderer
    from chatloop.training.preference.grouping import grouped

    renderer = Renderer(load_tokenizer(paths.trained))
    context = int(read_json(paths.trained / CARD)["trained_context"])
    chosen = rows.filter(pl.col("reason").is_null())
    learn, held = (
        grouped(preferences_of(judged.join(some, on="conversation_id")), renderer, context)
        for some in (chosen.filter(~pl.col("held_out")), chosen.filter("held_out"))
    )
    long = pl.col("conversation_id").is_in([*learn.too_long, *held.too_long])
    rows = rows.with_columns(reason=pl.when(long).then(pl.lit(TOO_LONG)).otherwise("reason"))
    _hold_out(judged, rows, paths)
    if not len(learn) or kinds(rows).total() < params.min_rows:
        _pass_on(rows, params, paths)
    else:
        _learn(rows, learn, held, context, params, paths)


def _learn(
    rows: pl.DataFrame, learn: Any, held: Any, context: int, params: AlignParams, paths: _Paths
) -> None:
    """Tune the model on groups of examples; report to MLflow on the way."""
    from chatloop.io.mlflow_store.live import training_run
    from chatloop.io.models.candidate import save_candidate
    from chatloop.io.models.checkpoints import Checkpoints, signals_set
    from chatloop.io.models.hub import CARD, TINY, load_model
    from chatloop.io.tokens import read_packed
    from chatloop.modeling.adapting.agreement import first_prompts
    from chatloop.modeling.adapting.learner import make_learner
    from chatloop.modeling.scoring import be_deterministic, choose_device
    from chatloop.training.preference.learning import align_model, measured, outcome, training

    counts = tally(rows)
    be_deterministic(params.seed, params.threads)
    train, validation = (read_packed(paths.tokens / name) for name in ("train", "validation"))
    size = read_json(paths.tokens / "manifest.json")["validation"]["answer_bytes"]
    learner = make_learner(load_model(paths.trained), training(params), ())
    model = learner.model.to(choose_device(params.device))
    _say(f"{counts['learned']:,} judged answers teach on {model.device.type}; {_kinds(counts)}")
    if params.learning_rate > GENTLE and read_json(paths.trained / CARD)["source"] != TINY:
        _say(PRETRAINED.format(params.learning_rate))
    inputs = fingerprint(_inputs(params, paths))
    kept = Checkpoints(paths.scratch, inputs, params.checkpoint_every, _say)
    run_of = training_run(inputs, {"align": params.model_dump()})
    with signals_set(kept.leave), run_of as run:
        before = measured(model, learn, held, validation, size, params)
        points = []
        for point in align_model(model, learn, train, validation, size, before, params, kept):
            points.append(point)
            run.log(point.step, _values(point))
            _tell(point)
        found = outcome(points, before, model, learn, held, params)
        if found["kept_step"]:
            prompts, said = first_prompts(validation), {**counts, "steps": found["kept_step"]}
            save_candidate(
                learner, params.adapter, paths.trained, paths.candidate, context, prompts,
                aligned=said,
            )  # fmt: skip
            run.finish(folder_sha256(paths.candidate))
        else:
            link_folder(paths.trained, paths.candidate)
    _tell_the_end(found, params)
    _write_selection(rows, paths, tuned=bool(found["kept_step"]))
    write_json(paths.report, {**counts, **found})
    kept.clear()


def _write_selection(rows: pl.DataFrame, paths: _Paths, *, tuned: bool) -> None:
    """A row a judged answer: whether the candidate learned it, else why not, or held out."""
    learned = pl.lit(tuned) & pl.col("reason").is_null() & ~pl.col("held_out")
    columns = ("conversation_id", "kind", "reason", "held_out")
    write_table(rows.select(*columns, learned=learned), paths.selection)


def _inputs(params: AlignParams, paths: _Paths) -> dict[str, object]:
    """All that decides about the weights: another of any is another tuning."""
    code = [path for room in ROOMS for path in sorted(room.rglob("*.py"))]
    return {
        "tables": [sha256(path) for path in (paths.preferences, paths.test, paths.validation)],
        "tokens": digests(paths.tokens),
        "trained": digests(paths.trained),
        "params": params.model_dump(),
        "code": {path.relative_to(ROOMS[0].parent).as_posix(): sha256(path) for path in code},
    }


def _values(point: Any) -> dict[str, float]:
    """For MLflow: the curve, and how fast it was."""
    values = {
        "loss": point.loss,
        "learning_rate": point.learning_rate,
        "gradient_norm": point.gradient_norm,
        "judged_answers": float(point.supervised_tokens),
        "tokens_per_second": point.speed,
    }
    if point.validation_bits_per_byte is not None:
        values["validation_bits_per_byte"] = point.validation_bits_per_byte
    return values


def _kinds(counts: dict[str, Any]) -> str:
    """`130 pair, 61 up, 40 down; 24 held out`."""
    named = ", ".join(f"{count:,} {kind}" for kind, count in counts["kinds"].items())
    return f"{named}; {counts['held_out']:,} held out, {counts['skipped']:,} skipped"


def _tell(point: Any) -> None:
    if point.validation_bits_per_byte is not None:
        bits = point.validation_bits_per_byte
        _say(f"step {point.step}/{point.steps}: loss {point.loss:.4f}, validation {bits:.4f} bpb")


def _tell_the_end(found: dict[str, Any], params: AlignParams) -> None:
    """What is kept, and why no more."""
    bound = f"align.max_bpb_rise {params.max_bpb_rise:g}"
    if not found["kept_step"]:
        _say(f"warning: nothing stays within {bound}: the candidate is the trained model; lower "
             "align.learning_rate")  # fmt: skip
        return
    stopped = f" (stopped by {bound})" if found["kept_step"] < found["steps"] else ""
    rise = found["validation_bits_per_byte_rise"]
    _say(f"kept are the weights of step {found['kept_step']}{stopped}, validation {rise:+.4f} bpb")


def _say(line: str) -> None:
    say(f"align: {line}")


if __name__ == "__main__":
    main(align)
