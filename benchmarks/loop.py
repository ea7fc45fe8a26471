"""Three rounds of the loop: a simulated team rates answers by a hidden rule, the model learns it.

    python -m benchmarks.loop --json [--project .] [--rounds 3] [--prompts 160] [--picture FILE]

Needs a project with a trained model (`chatloop run`); nothing in it is changed. Each round the model
answers prompts that nobody trained on, the team rates them, and the align stage starts from the
trained model with all ratings so far. Scored are greedy answers to prompts that are never rated.
"""

import argparse
import os
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from benchmarks.report import report, without
from benchmarks.team.asking import in_process
from benchmarks.team.picture import draw
from benchmarks.team.rounds import lines, play
from chatloop.params.file import read_params

GOAL = "each round higher, bits per byte within align.max_bpb_rise, three rounds in 15 minutes"


def main() -> None:
    """Play and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--project", type=Path, default=Path())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prompts", type=int, default=160, help="rated in a round")
    parser.add_argument("--unseen", type=int, default=150, help="scored and never rated")
    parser.add_argument("--picture", type=Path, help="an SVG of the rounds")
    args = parser.parse_args()
    project = args.project.resolve()
    if not (project / "models/trained/card.json").is_file():
        return without(f"{project} has no models/trained: run `chatloop run` there first")
    params = read_params(Path(__file__).parents[1] / "params.yaml").align
    picture = args.picture and args.picture.resolve()
    # Nothing listens there: what the rounds report stays in their folder.
    os.environ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
    with tempfile.TemporaryDirectory(prefix="chatloop-loop-") as folder:
        os.chdir(folder)
        played = play(
            project, Path(folder), args.rounds, args.prompts, args.unseen, params, in_process,
            lambda line: print(line, file=sys.stderr, flush=True),
        )  # fmt: skip
    if picture:
        draw(played, params.max_bpb_rise, picture)
    scores, bits = [one.hidden_score for one in played], [one.bits_per_byte for one in played]
    rises = all(after > before for before, after in pairwise(scores))
    within = max(bits) - bits[0] <= params.max_bpb_rise
    return report(
        "loop", sum(one.seconds for one in played) / 60, None, "minutes", rises and within, GOAL,
        rises=rises, within=within, rounds=lines(played),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
