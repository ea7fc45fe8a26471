"""The gate's paired bootstrap and SciPy's: bounds of a difference of two models in bits per byte.

    python -m benchmarks.bootstrap --json

5,000 conversations, 10,000 resamples. `ours` and `rival` are seconds for one difference; `slices`
is what the gate asks of a real verdict: 40 slices more, on the same draws. `equal` says that both
find the same bounds, within a twentieth of their distance.
"""

import sys
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import report, seconds
from chatloop.gating.bootstrap import Difference, Values, ratio_differences

ROWS, RESAMPLES, SLICES, TAIL = 5_000, 10_000, 40, 0.05
GOAL = 2.0


def scores(seed: int) -> tuple[Values, Values]:
    """Candidate minus rival in bits, and bytes, a row a conversation; lengths as in real ones."""
    random = np.random.default_rng(seed)
    size = np.ceil(random.lognormal(6, 0.7, ROWS))
    return random.normal(-0.01, 0.2, ROWS) * size, size


def ours(over: Values, under: Values) -> Difference:
    """One difference with its bounds."""
    return ratio_differences([over], [under], [TAIL], RESAMPLES, seed=1)[0]


def sliced(over: Values, under: Values) -> list[Difference]:
    """A difference in every slice as well."""
    kind = np.arange(ROWS) % SLICES
    parts = [kind == one for one in range(SLICES)]
    over_ = [over, *(over * part for part in parts)]
    under_ = [under, *(under * part for part in parts)]
    return ratio_differences(over_, under_, [TAIL] * len(over_), RESAMPLES, seed=1)


def theirs(over: Values, under: Values) -> Difference:
    """The same by scipy.stats.bootstrap: paired, percentile bounds."""
    from scipy import stats

    def ratio(a: NDArray[np.float64], b: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        return np.asarray(a.sum(axis=axis) / b.sum(axis=axis))

    found = stats.bootstrap(
        (over, under), ratio, paired=True, vectorized=True, method="percentile", batch=100,
        n_resamples=RESAMPLES, confidence_level=1 - 2 * TAIL, rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    return Difference(float(over.sum() / under.sum()), float(found.low), float(found.high))


def main() -> None:
    """Measure and print."""
    data = scores(7)
    one, many, rival = seconds(partial(ours, *data), partial(sliced, *data), partial(theirs, *data))
    mine, other = ours(*data), theirs(*data)
    near = 0.05 * (other.high - other.low)
    equal = abs(mine.low - other.low) < near and abs(mine.high - other.high) < near
    report("bootstrap", one, rival, "s", equal, f"at most {GOAL:g} s", slices=many)


if __name__ == "__main__":
    sys.exit(main())
