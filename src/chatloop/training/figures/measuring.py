"""How well the machine is used: the share of its matrix-product rate, and the memory taken.

Peak(flops=9.894e14, source="NVIDIA H100, dense bfloat16 by its data sheet")
Peak(flops=1.6e11, source="float32 products of 1024 x 1024, measured")
"""

import resource
import sys
import time
from dataclasses import dataclass, replace
from typing import Any

import torch

from chatloop.training.progress import Point

# Dense bfloat16 (V100, T4: float16) tensor-core rates in FLOP/s, by the makers' data sheets.
DATA_SHEETS = {
    "H200": 989.4e12, "H100 PCIe": 756e12, "H100": 989.4e12, "GH200": 989.4e12, "A100": 312e12,
    "L40S": 362e12, "L4": 121e12, "A10": 125e12, "V100": 125e12, "T4": 65e12, "4090": 165e12,
}  # fmt: skip
SIDE, TRIES = 1024, 4


@dataclass(frozen=True)
class Peak:
    """What the device can do at most, in FLOP/s, and who says so.

    What is `measured` is no more than what other work on the machine left of it at that moment.
    """

    flops: float
    source: str
    measured: bool = False


def peak_of(device: torch.device) -> Peak:
    """By its data sheet, where it is known, else measured in some hundredths of a second."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        for known, flops in DATA_SHEETS.items():
            if known in name:
                return Peak(flops, f"{name}, dense bfloat16 by its data sheet")
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    matrix = torch.ones(SIDE, SIDE, dtype=dtype, device=device)
    seconds = min(_product_seconds(matrix) for _ in range(TRIES))
    kind = str(dtype).removeprefix("torch.")
    return Peak(2 * SIDE**3 / seconds, f"{kind} products of {SIDE} x {SIDE}, measured", True)


class Gauge:
    """Turns points into what a person wants to know of them, without a byte for the outs."""

    def __init__(self, model: Any, devices: int) -> None:
        head: torch.Tensor = model.get_output_embeddings().weight
        tables = {id(m.weight): m.weight.numel() for m in model.modules() if _is_table(m)}
        whole = sum(p.numel() for p in model.parameters())
        self._head: int = head.numel()
        self._body: int = whole - sum({**tables, id(head): head.numel()}.values())
        self._device = model.device
        self._devices = devices
        self.peak = self._look()

    def look_again(self) -> None:
        """The best of all measurements counts: a busy machine shows less than it can."""
        if self.peak.measured:
            self.peak = max(self.peak, self._look(), key=lambda peak: peak.flops)

    def share(self, point: Point) -> float | None:
        """Of what the machine can do, at most 1; None where it was measured too low to say."""
        rate = self.model_flops(point)
        if rate > self.peak.flops:
            self.look_again()
        return rate / self.peak.flops if rate <= self.peak.flops else None

    def _look(self) -> Peak:
        one = peak_of(self._device)
        # The ranks of one CPU share it.
        devices = self._devices if self._device.type == "cuda" else 1
        return replace(one, flops=one.flops * devices)

    def model_flops(self, point: Point) -> float:
        """FLOP/s that the model asked for (Chowdhery et al. 2022, PaLM, appendix B): six for each
        weight and token; the head's for supervised tokens only. Attention's products and what is
        computed twice do not count."""
        return 6.0 * (self._body * point.speed + self._head * point.supervised_speed)

    def values(self, point: Point) -> dict[str, float]:
        """For MLflow: the curve, how fast it was, and with how much memory."""
        values = {
            "loss": point.loss,
            "learning_rate": point.learning_rate,
            "gradient_norm": point.gradient_norm,
            "supervised_tokens": float(point.supervised_tokens),
            "tokens_per_second": point.speed,
            "supervised_tokens_per_second": point.supervised_speed,
            "peak_memory_gib": peak_memory(self._device) / 2**30,
        }
        share = self.share(point)
        if share is not None:
            values["mfu"] = share
        if point.validation_bits_per_byte is not None:
            values["validation_bits_per_byte"] = point.validation_bits_per_byte
        return values


def peak_memory(device: torch.device) -> int:
    """Bytes, at most, so far: of the device where it has memory of its own, else of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _is_table(module: Any) -> bool:
    return isinstance(module, torch.nn.Embedding)


def _product_seconds(matrix: torch.Tensor) -> float:
    started = time.perf_counter()
    # Reading a number waits for a device that works behind our back.
    float((matrix @ matrix)[0, 0])
    return time.perf_counter() - started
