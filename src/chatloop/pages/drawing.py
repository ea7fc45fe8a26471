"""Numbers as places in a picture.

Scale.over([2.0, 4.0], 0, 100)(3.0)  →  50.0
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10


@dataclass(frozen=True)
class Scale:
    """Linear, from the numbers `low` to `high` to the places `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> "Scale":
        """One that holds all of the values; a single one is in its middle."""
        known = [value for value in values if isfinite(value)] or [0.0]
        low, high = min(known), max(known)
        return cls(low, high, start, end) if low < high else cls(low - 0.5, low + 0.5, start, end)

    def __call__(self, value: float) -> float:
        """The place, in hundredths, so that the same numbers are the same bytes."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)


def line(points: Sequence[tuple[float, float]], x: Scale, y: Scale) -> str:
    """The `d` of an SVG path through the points, without those that are no numbers."""
    places = [f"{x(a)} {y(b)}" for a, b in points if isfinite(a) and isfinite(b)]
    return "M" + "L".join(places) if places else ""


def ticks(scale: Scale, about: int) -> list[tuple[float, str]]:
    """(place, text) of round numbers within a scale, some `about` of them."""
    raw = (scale.high - scale.low) / about
    power = 10.0 ** floor(log10(raw))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= raw)
    digits = max(0, -floor(log10(step)))
    first, last = ceil(scale.low / step - 1e-9), floor(scale.high / step + 1e-9)
    return [(scale(n * step), f"{n * step:,.{digits}f}") for n in range(first, last + 1)]
