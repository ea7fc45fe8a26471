"""Three rounds of the loop: a simulated team rates answers by a hidden rule, the model learns it.

    python -m benchmarks.loop --json [--rounds 3] [--prompts 240] [--picture docs/loop.svg]

A project of its own, in a folder that goes afterwards: `chatloop run` makes the first champion,
`chatloop serve` answers. Each round customers ask the server what nobody trained on, the team rates
the answers over POST /v1/feedback, `chatloop run` retrains on all feedback so far, the gate judges,
and the server, which nobody tells anything, swaps. Scored are the server's greedy answers to prompts
that are never rated. Asked for is that each round's hidden score is higher than the one before, that
bits per byte stay within `align.max_bpb_rise` of the first champion's, that the gate promotes each
round's candidate, and that the server answers with it.

Data, model and training are as shipped, and so are the guards and the gate. What is not, so that
three rounds fit into the time on two cores:

    feedback's corrections   judge   what the team corrects is manner: it tunes, and is no new
                                     conversation, so that the shop is trained on once
    align.held_out_share     0.2     enough for the gate to hear people after one round
    align.epochs             1.0     with more ratings come more steps,
    align.learning_rate      1.0e-4  half as large ones, so that the third round's still count
    align.evaluate_every     30      measuring the validation split costs as ten steps do
    threads                  2       of train, align, evaluate and serve.engine; --threads
"""

import argparse
import resource
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from benchmarks.report import report
from benchmarks.team.picture import draw
from benchmarks.team.project import ROOT, made
from benchmarks.team.rounds import Plan, Round, lines, play
from chatloop.params.file import read_params

GOAL = (
    "each round a higher hidden score, bits per byte within align.max_bpb_rise, promoted and served; "
    "three rounds in 15 minutes"
)
GOAL_MINUTES = 15.0
CHANGES = (
    "ingest.sources=[{path: builtin, format: messages, licence: Apache-2.0},"
    "{path: feedback, format: feedback, corrections: judge}]",
    "align.held_out_share=0.2",
    "align.epochs=1.0",
    "align.learning_rate=1.0e-4",
    "align.evaluate_every=30",
)


def main() -> None:
    """Play and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prompts", type=int, default=240, help="rated in a round")
    parser.add_argument("--unseen", type=int, default=200, help="scored and never rated")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU, for every model")
    parser.add_argument("--picture", type=Path, default=ROOT / "docs" / "loop.svg")
    parser.add_argument("--folder", type=Path, help="keeps the project there")
    args = parser.parse_args()
    plan = Plan(args.rounds, args.prompts, args.unseen, (*CHANGES, *_threads(args.threads)))
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="chatloop-loop-") as folder:
        project = made((args.folder or Path(folder)) / "project")
        played = [_told(one, began) for one in play(project, plan, _say)]
    bound = read_params(ROOT / "params.yaml").align.max_bpb_rise
    draw(played, bound, args.picture.resolve())
    _report(played, bound, plan, time.perf_counter() - began)


def _report(played: list[Round], bound: float, plan: Plan, seconds: float) -> None:
    scores, bits = [one.hidden_score for one in played], [one.bits_per_byte for one in played]
    rises = all(after > before for before, after in pairwise(scores))
    within = max(bits) - bits[0] <= bound
    promoted = all(one.promoted for one in played)
    served = all(one.answered_by == [str(one.version)] for one in played)
    minutes = sum(sum(one.seconds.values()) for one in played[1:]) / 60
    report(
        "loop", round(minutes, 2), None, "minutes of three rounds",
        rises and within and promoted and served, GOAL,
        reached=minutes <= GOAL_MINUTES, minutes_in_all=round(seconds / 60, 2),
        cpu_minutes_in_all=round(_cpu_seconds() / 60, 2),
        rises=rises, within=within, promoted=promoted, served=served,
        changes=plan.changes, prompts=plan.prompts, unseen=plan.unseen, rounds=lines(played),
    )  # fmt: skip


def _cpu_seconds() -> float:
    """Of this process and of all that it started and that ended: user and system."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _threads(count: int) -> tuple[str, ...]:
    stages = [f"{stage}.threads={count}" for stage in ("train", "align", "evaluate")]
    return (*stages, f"serve.engine.threads={count}")


def _told(one: Round, began: float) -> Round:
    _say(
        f"round {one.number}: version {one.version} {one.verdict}, hidden score "
        f"{one.hidden_score:.3f}, {one.bits_per_byte:.4f} bits per byte, {one.opinions} opinions, "
        f"{one.learned} learned; {one.seconds}, {(time.perf_counter() - began) / 60:.1f} min so far"
    )
    return one


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
