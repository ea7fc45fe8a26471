"""How far a training is: what a checkpoint holds, so that it goes on as if nothing had happened.

Progress(step=400, supervised=271_360, window=Window(...), points=[Point(step=10, ...), ...])

With the snapshot that belongs to it, the next step has the same bits as in a training that was
never interrupted.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from torch import Tensor

from chatloop.training.snapshots import Snapshot


@dataclass(frozen=True)
class Point:
    """The curve at a step. `loss` is the mean over the supervised tokens since the last point, in
    nats; speeds in tokens per second of wall-clock (for a person, never written to a file)."""

    step: int
    steps: int
    loss: float
    learning_rate: float
    gradient_norm: float
    supervised_tokens: int
    speed: float
    validation_bits_per_byte: float | None = None
    supervised_speed: float = 0.0


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
        speed, supervised_speed = (
            tokens / max(1e-9, seconds) for tokens in (window.all_tokens, window.tokens)
        )
        point = Point(
            self.step, steps, loss, rate, norm, self.supervised, speed, bits, supervised_speed
        )
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

    def keep(self, progress: Progress, snapshot: Snapshot) -> None:
        """Keep this one."""


class NoKeeper:
    """Keeps nothing: a training that is interrupted begins anew."""

    def newest(self) -> None:
        """Nothing was kept."""

    def wants(self, _step: int) -> bool:
        """Never."""
        return False

    def keep(self, progress: Progress, snapshot: Snapshot) -> None:
        """Nobody asks for it."""
