"""Fine-tuning on a GPU: useful tokens a second and MFU, against TRL's SFTTrainer.

    python -m benchmarks.train_gpu --json [--rounds 3] [--steps 20] [--peak 989]

Random weights in the shapes of GPT-2 124 M, a 0.5 B (Qwen 2.5's) and a 1 B (Llama 3.2's), real
dialogues in GPT-2's ids, bfloat16, 1,024 tokens of context. Steady state: the first steps, with
compilation, are not counted. MFU counts the products of useful tokens (see `sft.operations`)
against `--peak` TFLOP/s of dense bfloat16 (989: H100 and H200). Needs a GPU; says so where there
is none.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from typing import Any

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from benchmarks import sft
from benchmarks.report import report, without

CONTEXT, ROWS, WARM = 1024, 16, 5


def gpt2() -> Any:
    """GPT-2's own shape, 124 M, without dropout."""
    torch.manual_seed(7)
    return GPT2LMHeadModel(GPT2Config(resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0))


SHAPES: dict[str, Callable[[], Any]] = {
    "GPT-2 124M": gpt2,
    "0.5B": lambda: sft.llama(
        896, 24, 14, 151_936, intermediate_size=4864, num_key_value_heads=2
    ),
    "1B": lambda: sft.llama(
        2048, 16, 32, 128_256, intermediate_size=8192, num_key_value_heads=8, head_dim=64
    ),
}  # fmt: skip
OURS: dict[str, Any] = {"batch_rows": ROWS, "rows_at_once": ROWS, "device": "cuda"}
THEIRS: dict[str, Any] = {"per_device_train_batch_size": ROWS, "max_length": CONTEXT}


def contest(build: Callable[[], Any], learn: list[Any], rounds: int, steps: int) -> Any:
    """Median useful tokens a second of each."""
    rows = sft.as_rows(learn, CONTEXT)
    compiled = THEIRS | sft.BEST | {"torch_compile": True}
    runs: dict[str, Callable[[Any, sft.Clock], Any]] = {
        "ours": lambda m, c: sft.ours(m, rows, c, **OURS),
        "ours, compiled": lambda m, c: sft.ours(m, rows, c, **(OURS | {"compile": True})),
        "as it comes": lambda m, c: sft.theirs(m, learn, c, **THEIRS),
        "best": lambda m, c: sft.theirs(m, learn, c, **(THEIRS | sft.BEST)),
        "best, compiled": lambda m, c: sft.theirs(m, learn, c, **compiled),
    }
    speeds: dict[str, list[float]] = {name: [] for name in runs}
    failed: dict[str, str] = {}
    for _ in range(rounds):
        for name, run in runs.items():
            clock = sft.Clock(steps=steps + WARM)
            try:
                run(build().cuda(), clock)
            except Exception as error:
                failed[name] = str(error).strip().splitlines()[0]
                continue
            speeds[name].append(clock.speed(WARM))
            print(f"{name}: {speeds[name][-1]:,.0f} tokens/s", file=sys.stderr, flush=True)
    return {name: statistics.median(found) for name, found in speeds.items() if found}, failed


def shape_figures(name: str, learn: list[Any], args: Any) -> dict[str, Any]:
    """Speeds, ratios and MFU of one shape."""
    speeds, failed = contest(SHAPES[name], learn, args.rounds, args.steps)
    share = sum(int(one.supervised.sum()) for one in learn) / sum(len(one.ids) for one in learn)
    ours = max((v for k, v in speeds.items() if k.startswith("ours")), default=float("nan"))
    best = max((v for k, v in speeds.items() if k.startswith("best")), default=float("nan"))
    needed = sft.operations(SHAPES[name](), share)
    return {
        "tokens_per_second": speeds,
        "failed": failed,
        "ratio": ours / speeds.get("as it comes", float("nan")),
        "ratio_best": ours / best,
        "mfu": ours * needed / (args.peak * 1e12),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--peak", type=float, default=989.0, help="TFLOP/s, dense bfloat16")
    parser.add_argument("--dialogues", type=int, default=8_000)
    args = parser.parse_args()
    goal = "3 times as it comes, 1.25 times its best, MFU of 45 %"
    if not torch.cuda.is_available():
        reason = "needs a CUDA GPU, and there is none here"
        print(json.dumps({"name": "train_gpu", "skipped": reason, "goal": goal}))
        return None
    learn = sft.examples(args.dialogues, CONTEXT)
    if learn is None:
        return without("the real dialogues or GPT-2's tokenizer (../shared) are not here")
    shapes = {name: shape_figures(name, learn, args) for name in SHAPES}
    first = shapes["GPT-2 124M"]["tokens_per_second"]
    ours = max(v for k, v in first.items() if k.startswith("ours"))
    return report(
        "train_gpu", ours, first.get("as it comes"), "useful tokens/s, GPT-2 124M", None, goal,
        shapes=shapes, device=torch.cuda.get_device_name(), rounds=args.rounds, steps=args.steps,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
