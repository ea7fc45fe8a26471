"""Tokens a second of the bare engine and of transformers, at 1, 8 and 32 streams.

    python -m benchmarks.serve_engine --json

GPT-2's 124 M shape with seeded random weights, greedy, prompts of 24 to 40 random ids, every stream
as many tokens. Rivals, each with the same weights in float32: `generate` on a padded batch, and
transformers' continuous batching. They take turns; what is compared is the best of the rounds. The
main figure is float32 at 8 streams against continuous batching.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, GPT2Config

from benchmarks.report import SGD, report, without
from chatloop.params.serving import EngineParams
from chatloop.serve.engines.engine import Engine
from chatloop.serve.loading.building import engine_of
from chatloop.serve.model import Sampling

NO_END: frozenset[int] = frozenset()


def saved(folder: Path) -> Path:
    """The model as a version has it: weights, configuration, tokenizer."""
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(GPT2Config())
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(SGD.parents[1] / "models" / "gpt2-tokenizer").save_pretrained(
        folder
    )
    return folder


def prompts(streams: int) -> list[list[int]]:
    """The same ones every time."""
    chance = np.random.default_rng(streams)
    return [chance.integers(0, 50_000, chance.integers(24, 41)).tolist() for _ in range(streams)]


def ours(engine: Engine, asked: list[list[int]], wish: Sampling) -> list[float]:
    """All streams at once; seconds until the first token of each."""

    async def one(prompt: list[int], began: float) -> float:
        first = 0.0
        async for _ in engine.stream(prompt, wish, NO_END):
            first = first or time.perf_counter() - began
        return first

    async def main() -> list[float]:
        began = time.perf_counter()
        return list(await asyncio.gather(*(one(prompt, began) for prompt in asked)))

    return asyncio.run(main())


def generate(model: Any, asked: list[list[int]], tokens: int) -> None:
    """A padded batch."""
    width = max(map(len, asked))
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in asked])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in asked])
    model.generate(
        ids,
        attention_mask=mask,
        max_new_tokens=tokens,
        min_new_tokens=tokens,
        do_sample=False,
        pad_token_id=0,
    )


def continuous(model: Any, asked: list[list[int]], tokens: int) -> None:
    """transformers' own continuous batching."""
    settings = GenerationConfig(
        max_new_tokens=tokens, do_sample=False, eos_token_id=-1, pad_token_id=0
    )
    model.generate_batch(asked, generation_config=settings, progress_bar=False)


def rate(task: Callable[[], object], tokens: int) -> tuple[float, float]:
    """Tokens a second of the clock and of the processors."""
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    return tokens / (time.perf_counter() - wall), tokens / (time.process_time() - cpu)


def measured(tasks: dict[str, Callable[[], object]], tokens: int, rounds: int) -> dict[str, Any]:
    """The best of the rounds, in turn; a rival that cannot run is left out with its reason."""
    best: dict[str, Any] = {}
    for _ in range(rounds):
        for name, task in list(tasks.items()):
            try:
                found = rate(task, tokens)
            except Exception as error:
                print(f"{name}: {type(error).__name__}: {error}", flush=True)
                del tasks[name]
                continue
            wall, cpu = best.get(name, (0.0, 0.0))
            best[name] = (max(wall, found[0]), max(cpu, found[1]))
    return {
        name: {"wall": round(wall, 1), "cpu": round(cpu, 1)} for name, (wall, cpu) in best.items()
    }


def main() -> None:
    """Measure each number of streams in turn; the last line is the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    if not (SGD.parents[1] / "models" / "gpt2-tokenizer").is_dir():
        without("GPT-2's tokenizer is not here")
        return
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as made:
        os.environ["XDG_CACHE_HOME"] = made
        folder = saved(Path(made) / "model")
        wish = Sampling(max_tokens=args.tokens)
        engines = {
            kind: engine_of(folder, "gpt2", EngineParams(quantization=kind, threads=args.threads))
            for kind in ("float32", "int8")
        }
        rival = AutoModelForCausalLM.from_pretrained(folder).eval()
        figures = {
            streams: compared(engines, rival, prompts(streams), wish, args.rounds)
            for streams in args.streams
        }
    main_one = figures.get(8) or figures[args.streams[0]]
    report(
        "serve_engine",
        main_one["float32"]["wall"],
        main_one.get("continuous", {}).get("wall"),
        "tokens/s at 8 streams, float32",
        None,
        "at least 3 times transformers' continuous batching, 5 times in int8",
        streams=figures,
        threads=args.threads,
    )


def compared(
    engines: dict[str, Engine], rival: Any, asked: list[list[int]], wish: Sampling, rounds: int
) -> dict[str, Any]:
    """Ours and the rivals on the same prompts."""
    firsts: dict[str, list[float]] = {}

    def run(kind: str) -> Callable[[], object]:
        return lambda: firsts.update({kind: ours(engines[kind], asked, wish)})

    tasks: dict[str, Callable[[], object]] = {kind: run(kind) for kind in engines}
    tasks["generate"] = lambda: generate(rival, asked, wish.max_tokens)
    tasks["continuous"] = lambda: continuous(rival, asked, wish.max_tokens)
    found = measured(tasks, wish.max_tokens * len(asked), rounds)
    for kind, first in firsts.items():
        found[kind]["first_token_s"] = round(float(np.median(first)), 3)
    print(len(asked), found, flush=True)
    return found


if __name__ == "__main__":
    main()
