"""What another seed alone changes in a project's own model: the numbers for `gate.noise`.

    python -m benchmarks.noise --json [--seeds 6]

In the folder of a project that has been run: its tokens are trained on with other seeds, each model
is judged on its test split. `ours` is the standard deviation of bits per byte overall.
"""

import contextlib
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.power.spread import Means, means, spread
from benchmarks.report import report, without
from chatloop.evaluating.subject import Subject
from chatloop.evaluating.writing import written
from chatloop.io.files import fingerprint, read_json
from chatloop.io.models import hub
from chatloop.io.tables import conversations_of, read_table
from chatloop.modeling.scoring import be_repeatable
from chatloop.params import Params
from chatloop.params.file import read_params
from chatloop.reporting.model.scored import by_conversation
from chatloop.reporting.model.written import asked, with_chrf
from chatloop.stages.train import train
from chatloop.tokens.rendering import Renderer

TOKENS, BASE, TEST = Path("data/tokenize"), Path("models/base"), Path("data/split/test.parquet")
FIRST = 100


def trained(params: Params, seed: int, folder: Path) -> Path:
    """The project's training with another seed; nothing of the project changes."""
    found = folder / str(seed)
    train(
        params.train.model_copy(update={"seed": seed}), TOKENS, BASE, found / "model",
        found / "curve.csv", found / "report.json", found / "checkpoints",
    )  # fmt: skip
    return found / "model"


def subject(name: str, folder: Path, context: int, batch_rows: int) -> Subject:
    """A model that can be asked."""
    tokenizer = hub.load_tokenizer(folder)
    return Subject(
        name, hub.load_model(folder), tokenizer, Renderer(tokenizer), context, batch_rows
    )


def measured(params: Params, seeds: range, folder: Path) -> list[Means]:
    """Of each seed but the first, which stands in for the champion."""
    be_repeatable(params.evaluate.seed, params.evaluate.threads)
    turns = read_table(TEST)
    talks = conversations_of(turns)
    sources = dict(turns.select("conversation_id", "source").iter_rows())
    first = sorted(talks, key=lambda one: fingerprint(one.id))[: params.evaluate.generations]
    context = int(read_json(TOKENS / "manifest.json")["context"])
    base = subject("base", BASE, context, params.evaluate.batch_rows)
    scores: dict[str, Any] = {"base": base.scores(talks)}
    rows, found = asked(first), []
    for seed in seeds:
        name = "candidate" if "champion" in scores else "champion"
        one = subject(name, trained(params, seed, folder), context, params.evaluate.batch_rows)
        scores[name] = one.scores(talks)
        answered = written(one, rows, params.evaluate)
        if name == "champion":
            rows = answered
            continue
        table = by_conversation(talks, sources, scores)
        found.append(
            means(table, with_chrf(answered, ["candidate", "champion"]), params.gate.min_slice)
        )
        print(f"seed {seed}: {found[-1]['overall']:.4f} bits per byte", flush=True)
    return found


def main() -> None:
    """Train with other seeds, judge, say how far they are from each other."""
    if not (TOKENS / "manifest.json").is_file():
        without("no project was run here: chatloop run first")
        return
    count = int(sys.argv[sys.argv.index("--seeds") + 1]) if "--seeds" in sys.argv else 6
    params = read_params(Path("params.yaml"))
    with TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        found = measured(params, range(FIRST, FIRST + count + 1), Path(folder))
    noise = {name: round(value, 5) for name, value in spread(found).items()}
    shipped = params.gate.noise.model_dump()
    report(
        "noise", noise["overall"], None, "bits per byte, standard deviation", None,
        "measured, and no larger than gate.noise", seeds=count, noise=noise, params=shipped,
    )  # fmt: skip


if __name__ == "__main__":
    main()
