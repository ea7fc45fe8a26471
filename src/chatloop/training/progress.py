"""How far a training is: what a checkpoint holds, so that it goes on as if nothing had happened.

Progress(step=400, supervised=271_360, window=Window(...), points=[Point(step=10, ...), ...])

With the weights, the optimizers' state and the state of the random numbers, the next step has the
same bits as in a training that was never interrupted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.optim import Optimizer


@dataclass(frozen=True)
class Point:
    """The curve at a step. `loss` is the mean over the supervised tokens since the last point, in
    nats; `speed` in tokens per second of wall-clock (for a person, never written to a file)."""

    step: int
    steps: int
    loss: float
    learning_rate: float
    gradient_norm: float
    supervised_tokens: int
    speed: float
    validation_bits_per_byte: float | None = None


@dataclass
class Window:
    """Sums since the last point: nats, supervised tokens, and all tokens."""

    nats: float = 0.0
    tokens: int = 0
    all_tokens: int = 0


@dataclass
class Progress:
    """`step` updates are done; `supervised` tokens were seen in them."""

    step: int = 0
    supervised: int = 0
    window: Window = field(default_factory=Window)
    points: list[Point] = field(default_factory=list)

    def add(self, nats: float, tokens: int, all_tokens: int) -> None:
        """One more step, of so many supervised tokens and so many in all."""
        self.step += 1
        self.supervised += tokens
        self.window.nats += nats
        self.window.tokens += tokens
        self.window.all_tokens += all_tokens

    def point(
        self, steps: int, rate: float, norm: float, seconds: float, bits: float | None
    ) -> Point:
        """A point from the window, which begins anew."""
        window, self.window = self.window, Window()
        loss = window.nats / max(1, window.tokens)
        speed = window.all_tokens / max(1e-9, seconds)
        point = Point(self.step, steps, loss, rate, norm, self.supervised, speed, bits)
        self.points.append(point)
        return point

    def to_json(self) -> dict[str, Any]:
        """Numbers only; a float keeps all of its bits in JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Progress":
        """The same again."""
        points = [Point(**point) for point in value["points"]]
        return cls(value["step"], value["supervised"], Window(**value["window"]), points)


class Keeper(Protocol):
    """Who keeps checkpoints; `NoKeeper` keeps none."""

    def newest(self) -> tuple[Progress, dict[str, Tensor]] | None:
        """The last that was kept whole."""

    def wants(self, step: int) -> bool:
        """Whether to keep one now, after so many steps."""

    def keep(self, progress: Progress, tensors: dict[str, Tensor]) -> None:
        """Keep this one."""


class NoKeeper:
    """Keeps nothing: a training that is interrupted begins anew."""

    def newest(self) -> None:
        """Nothing was kept."""

    def wants(self, _step: int) -> bool:
        """Never."""
        return False

    def keep(self, progress: Progress, tensors: dict[str, Tensor]) -> None:
        """Nobody asks for it."""


def capture(model: Any, optimizers: Sequence[Optimizer]) -> dict[str, Tensor]:
    """Copies, on the CPU, of what the next step depends on and that changes: no frozen weight."""
    tensors = {f"weights.{name}": value for name, value in _learning(model)}
    tensors |= {f"buffers.{name}": value for name, value in model.named_buffers()}
    for at, optimizer in enumerate(optimizers):
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizers.{at}.{index}.{name}": each for name, each in state.items()}
    tensors["random.cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random.cuda"] = torch.cuda.get_rng_state()
    return {
        name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, value in tensors.items()
    }


@torch.no_grad()
def restore(model: Any, optimizers: Sequence[Optimizer], tensors: Mapping[str, Tensor]) -> None:
    """Put the copies back, wherever the model is now."""
    for kind, found in (("weights", _learning(model)), ("buffers", model.named_buffers())):
        for name, value in found:
            value.copy_(tensors[f"{kind}.{name}"])
    for at, optimizer in enumerate(optimizers):
        state: dict[int, dict[str, Tensor]] = {}
        for key in tensors:
            if key.startswith(f"optimizers.{at}."):
                _, _, index, name = key.split(".", 3)
                state.setdefault(int(index), {})[name] = tensors[key]
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state, "param_groups": groups})
    torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random.cuda"])


def _learning(model: Any) -> Iterator[tuple[str, Tensor]]:
    """Weights that change; those of the base are what they are."""
    return ((name, value) for name, value in model.named_parameters() if value.requires_grad)
