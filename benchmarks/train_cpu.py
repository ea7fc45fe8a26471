"""Fine-tuning on a CPU: useful tokens a second, against TRL's SFTTrainer.

    python -m benchmarks.train_cpu --json [--rounds 5] [--steps 2] [--minutes 3] [--compile]

An 11.4 M Llama with GPT-2's vocabulary on real dialogues, 512 tokens of context. Three figures:
against SFTTrainer as it comes and at its best documented settings (packing, no recomputation, in
bfloat16 and in float32, whichever is faster here), both in steady state (the first step of each
round, with compilation where it is asked for, is not counted); and whole runs of some minutes, with
all that comes before the first step. CPU figures count the seconds of all threads: on a machine
that others use, they are the ones to look at.
"""

import argparse
import statistics
import sys
from typing import Any

import torch

from benchmarks import sft
from benchmarks.report import report, without
from chatloop.modeling.compute.precision import choose_precision
from chatloop.modeling.scoring import batch_of, sparse_logits, supervised_nats


def same_loss(learn: list[Any]) -> tuple[float, float]:
    """Ours and SFTTrainer's mean loss of four dialogues, same weights, float32."""
    model = sft.llama()
    made = sft.trainer(model, learn[:4], sft.Clock(), bf16=False, activation_checkpointing=False)
    inputs = made.data_collator([made.train_dataset[at] for at in range(4)])
    with torch.no_grad():
        theirs = float(made.compute_loss(model, inputs))
        rows = sft.as_rows(learn[:4])
        batch = batch_of(rows, torch.arange(len(rows)).numpy(), model.device)
        return float(supervised_nats(sparse_logits(model), *batch).mean()), theirs


def contest(
    learn: list[Any], rounds: int, steps: int, compiled: bool
) -> dict[str, dict[str, float]]:
    """Useful tokens a second of each, median of the rounds, by the clock and by CPU seconds."""
    rows = sft.as_rows(learn)
    runs = {
        "ours": lambda clock: sft.ours(sft.llama(), rows, clock, compile=compiled),
        "as it comes": lambda clock: sft.theirs(sft.llama(), learn, clock, **sft.AS_IT_COMES),
        "best, bf16": lambda clock: sft.theirs(sft.llama(), learn, clock, **sft.BEST),
        "best, fp32": lambda clock: sft.theirs(
            sft.llama(), learn, clock, **(sft.BEST | {"bf16": False})
        ),
    }
    speeds: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            clock = sft.Clock(steps=steps + 1)
            run(clock)
            speeds[name].append((clock.speed(1), clock.speed(1, cpu=True)))
            print(f"{name}: {speeds[name][-1][0]:,.0f} tokens/s", file=sys.stderr, flush=True)
    return {
        name: {
            "tokens_per_second": statistics.median(wall for wall, _ in found),
            "tokens_per_cpu_second": statistics.median(cpu for _, cpu in found),
        }
        for name, found in speeds.items()
    }


def whole(
    learn: list[Any], minutes: float, best: dict[str, Any], compiled: bool
) -> dict[str, float]:
    """Runs of so many minutes from the first call on, making ready and compilation included."""
    clocks = [sft.Clock(minutes=minutes), sft.Clock(minutes=minutes)]
    sft.ours(sft.llama(), sft.as_rows(learn), clocks[0], compile=compiled)
    sft.theirs(sft.llama(), learn, clocks[1], **best)
    return {
        "minutes": minutes,
        "ours": clocks[0].speed(),
        "rival": clocks[1].speed(),
        "ratio": clocks[0].speed() / clocks[1].speed(),
        "cpu_ratio": clocks[0].speed(cpu=True) / clocks[1].speed(cpu=True),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=3.0, help="0: no whole runs")
    parser.add_argument("--compile", action="store_true", help="ours compiled, too")
    parser.add_argument("--dialogues", type=int, default=1200)
    args = parser.parse_args()
    learn = sft.examples(args.dialogues)
    if learn is None:
        return without("the real dialogues or GPT-2's tokenizer (../shared) are not here")
    try:
        import trl
    except ImportError:
        return without("TRL is not installed: make bench-setup")
    one, other = same_loss(learn)
    model = sft.llama()
    weights = sum(weight.numel() for weight in model.parameters())
    precision = choose_precision("auto", torch.device("cpu"), weights)
    speeds = contest(learn, args.rounds, args.steps, args.compile)
    best = max(("best, bf16", "best, fp32"), key=lambda k: speeds[k]["tokens_per_second"])
    long = (
        whole(learn, args.minutes, sft.BEST | {"bf16": best == "best, bf16"}, args.compile)
        if args.minutes
        else None
    )
    ours, rival = (speeds[name]["tokens_per_second"] for name in ("ours", "as it comes"))
    rows = sft.as_rows(learn)
    limit = sft.matrix_rate(precision)
    share = float(rows.supervised.sum() / (rows.examples >= 0).sum())
    return report(
        "train_cpu", ours, rival, "useful tokens/s", abs(one - other) < 1e-4,
        "as it comes 14 times, its best 10 times, a run of three minutes 6 times, half of the limit",
        rival_version=trl.__version__, losses_of_one_batch=[one, other],
        ratio_best=ours / speeds[best]["tokens_per_second"], best_is=best,
        cpu_ratio=speeds["ours"]["tokens_per_cpu_second"] / speeds["as it comes"]["tokens_per_cpu_second"],
        cpu_ratio_best=speeds["ours"]["tokens_per_cpu_second"] / speeds[best]["tokens_per_cpu_second"],
        speeds=speeds, whole_run=long, precision=str(precision), threads=torch.get_num_threads(),
        matrix_gflops=limit / 1e9, share_of_limit=ours * sft.operations(model, share) / limit,
        supervised_share=share, compiled=args.compile, rounds=args.rounds, steps=args.steps,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
