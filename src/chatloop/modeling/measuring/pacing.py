"""How fast a model writes, by the clock, and what a token costs, by count.

Pace(first_token=0.004, tokens_per_second=312.0, tokens_per_cpu_second=320.5)     one at a time

The clock on the wall is what a person waits for. Where other work shares the CPU it says little of
the model: two models are compared by the time that the CPU gave them, to one thread, as several
wait for each other and spend time on it.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

_Taken = tuple[float, float, float]  # seconds up to the first token, to the last; of the CPU


@dataclass(frozen=True)
class Pace:
    """Seconds to the first token; tokens a second of a whole answer, the prompt is in both.

    The CPU's own seconds are known where it does the work, and None elsewhere.
    """

    first_token: float
    tokens_per_second: float
    tokens_per_cpu_second: float | None


def paces(
    models: Mapping[str, Any],
    prompts: Mapping[str, Sequence[Sequence[int]]],
    tokens: int,
    rounds: int,
) -> dict[str, Pace]:
    """The best of all rounds, each model in turn in every round: other work on the machine only
    ever slows one down. A first round, in which memory is taken, is not counted."""
    taken: dict[str, list[list[_Taken]]] = {name: [] for name in models}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(1 + rounds):
            for name, model in models.items():
                taken[name].append([_answered(model, prompt, tokens) for prompt in prompts[name]])
    finally:
        torch.set_num_threads(threads)
    return {
        name: _best(found[1:], tokens, models[name].device.type == "cpu")
        for name, found in taken.items()
    }


def flops_per_token(model: Any, context: int) -> int:
    """Of a forward pass at `context` tokens: 2 N + 4 layers · context · width (multiply and add).

    N are the weights that every token is multiplied with: all but tables that are only looked up.
    Source: Kaplan et al. 2020, "Scaling Laws for Neural Language Models", section 2.1; there the
    mean over positions, here the last one.
    """
    config = model.config.get_text_config()
    weights = {id(one): one.numel() for one in model.parameters() if one.dim() > 1}
    head = model.get_output_embeddings()
    multiplied = None if head is None else head.weight
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding) and module.weight is not multiplied:
            weights.pop(id(module.weight), None)
    attention = 4 * config.num_hidden_layers * context * config.hidden_size
    return int(2 * sum(weights.values()) + attention)


def _answered(model: Any, prompt: Sequence[int], tokens: int) -> _Taken:
    ids = torch.tensor([prompt], device=model.device)
    first, _ = _seconds(model, ids, 1)
    return first, *_seconds(model, ids, tokens)


def _seconds(model: Any, ids: torch.Tensor, tokens: int) -> tuple[float, float]:
    """On the wall, and of the CPU."""
    started, spent = time.perf_counter(), time.process_time()
    with torch.inference_mode():
        model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            min_new_tokens=tokens,
            max_new_tokens=tokens,
            do_sample=False,
        )
    if ids.device.type == "cuda":
        torch.cuda.synchronize(ids.device)
    return time.perf_counter() - started, time.process_time() - spent


def _best(rounds: Sequence[Sequence[_Taken]], tokens: int, on_cpu: bool) -> Pace:
    """Of each prompt the shortest times, then the mean over prompts."""
    first, whole, spent = np.array(rounds).min(axis=0).mean(axis=0).tolist()
    return Pace(first, tokens / whole, tokens / max(spent, 1e-9) if on_cpu else None)
