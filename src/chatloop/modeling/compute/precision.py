"""bfloat16 where the machine multiplies it faster and it matters, float32 elsewhere.

164 GFLOP/s in float32, 409 in bfloat16 (a Xeon with AMX)     →  bfloat16
130 GFLOP/s in float32, 30 in bfloat16 (one without)          →  float32

A CPU's flags do not say how well a library uses them, so it is measured: a tenth of a second.
"""

import time

import torch

FASTER = 1.5  # times; real machines are far from it on either side, so that chance never decides
SMALLEST = 10_000_000  # weights; a smaller model spends its time elsewhere


def choose_precision(wish: str, device: torch.device, weights: int) -> torch.dtype:
    """What products are computed in; `wish` is auto, fp32 or bf16."""
    if wish != "auto":
        return {"fp32": torch.float32, "bf16": torch.bfloat16}[wish]
    if device.type == "cuda":
        half = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        half = weights >= SMALLEST and half_pays()
    return torch.bfloat16 if half else torch.float32


def half_pays(size: int = 512, rounds: int = 5) -> bool:
    """Whether this CPU multiplies bfloat16 so much faster; best of some rounds, taken in turn."""
    best = {torch.float32: float("inf"), torch.bfloat16: float("inf")}
    for round_ in range(rounds + 1):
        for kind, before in best.items():
            matrix = torch.ones(size, size, dtype=kind)
            started = time.perf_counter()
            matrix @ matrix
            if round_:  # the first one makes ready
                best[kind] = min(before, time.perf_counter() - started)
    return best[torch.float32] > FASTER * best[torch.bfloat16]
