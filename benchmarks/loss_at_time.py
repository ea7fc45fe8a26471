"""The loss of held-out dialogues at equal time, ours and TRL's SFTTrainer.

    python -m benchmarks.loss_at_time --json [--minutes 3] [--clock wall]

Same shape, same random weights, same AdamW at the same constant rate, same real dialogues. Every
minute the clock stands still and both models are scored by one function on rows that nobody trains
on: nats a supervised token. The rival has its best settings, in whichever precision is faster here.
On a machine that others use, `--clock cpu` counts the seconds of all threads instead.
"""

import argparse
import sys
from typing import Any

import torch

from benchmarks import sft
from benchmarks.report import report, without
from chatloop.modeling.compute.precision import half_pays
from chatloop.modeling.scoring import batch_of, sparse_logits, supervised_nats
from chatloop.tokens.packing import Packed

HELD = 100  # dialogues that nobody trains on


def losses(model: Any, held: Packed, run: Any, minutes: float, cpu: bool) -> list[float]:
    """At the beginning and after each minute."""
    found: list[float] = []

    def look(_minute: int = 0) -> None:
        training = model.training
        model.eval()
        with torch.inference_mode():
            logits = sparse_logits(model)
            batches = [batch_of(held, rows.numpy(), model.device) for rows in _parts(held)]
            nats = torch.cat([supervised_nats(logits, *batch) for batch in batches])
        found.append(float(nats.mean()))
        model.train(training)
        print(f"minute {len(found) - 1}: {found[-1]:.4f}", file=sys.stderr, flush=True)

    look()
    run(model, sft.Clock(minutes=minutes, cpu=cpu, each_minute=look))
    return found


def _parts(held: Packed) -> Any:
    """Some rows at a time."""
    return torch.arange(len(held)).split(sft.ROWS)


def main() -> None:
    """Train both and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--dialogues", type=int, default=12_000)
    args = parser.parse_args()
    every = sft.examples(args.dialogues)
    if every is None:
        return without("the real dialogues or GPT-2's tokenizer (../shared) are not here")
    try:
        import trl
    except ImportError:
        return without("TRL is not installed: make bench-setup")
    held, learn = sft.as_rows(every[:HELD]), every[HELD:]
    rows = sft.as_rows(learn)
    best = sft.BEST | {"bf16": half_pays()}
    how = (held, args.minutes, args.clock == "cpu")
    one = losses(sft.llama(), how[0], lambda m, c: sft.ours(m, rows, c), *how[1:])
    other = losses(sft.llama(), how[0], lambda m, c: sft.theirs(m, learn, c, **best), *how[1:])
    pairs = list(zip(one[1:], other[1:], strict=False))
    return report(
        "loss_at_time", one[-1], other[-1], "nats a supervised token, lower is better",
        one[0] == other[0] and bool(pairs), "lower at every minute",
        every_minute_lower=bool(pairs) and all(a < b for a, b in pairs), clock=args.clock,
        losses_by_minute={"ours": one, "rival": other}, rival_version=trl.__version__,
        rival_settings=best, threads=torch.get_num_threads(),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
