"""What a model makes of judged answers: implied rewards, in nats, against the model before.

    pairs    margin 1.31, accuracy 0.84    the liked answer's reward over the disliked one's
    thumbs   up 0.42, down -0.95, accuracy 0.78, divergence 0.11

The reward of an answer is beta times its log-probability over that of the reference (Rafailov et
al. 2023, section 4); of thumbs, one is told right where its reward is above the divergence and the
thumb is up, or below and down (Ethayarajh et al. 2024, eq. 8).
"""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]


def rewards(ratios: Values, pairs: Mask, liked: Mask, beta: float) -> dict[str, dict[str, float]]:
    """Means over pairs and over thumbs; neither is there without any.

    Args:
        ratios: log-probabilities over those of the reference, in nats: (2 * groups,).
        pairs: whether a group is a pair, and not a thumb: (groups,).
        liked: whether the thumb is up: (groups,).
        beta: as in training.
    """
    both = beta * ratios.reshape(-1, 2)
    found: dict[str, dict[str, float]] = {}
    if pairs.any():
        found["pairs"] = _of_pairs(both[pairs])
    if not pairs.all():
        found["thumbs"] = _of_thumbs(both[~pairs], liked[~pairs])
    return found


def _of_pairs(both: Values) -> dict[str, float]:
    margins = both[:, 0] - both[:, 1]
    return {
        "rows": len(both),
        "chosen": _mean(both[:, 0]),
        "rejected": _mean(both[:, 1]),
        "margin": _mean(margins),
        "accuracy": _mean(margins > 0),
    }


def _of_thumbs(both: Values, liked: Mask) -> dict[str, float]:
    divergence = max(0.0, _mean(both[:, 1]))
    found = {
        "rows": len(both),
        "divergence": divergence,
        "accuracy": _mean((both[:, 0] > divergence) == liked),
    }
    for name, those in (("up", liked), ("down", ~liked)):
        if those.any():
            found[name] = _mean(both[those, 0])
    return found


def _mean(values: NDArray[np.generic]) -> float:
    return round(float(np.asarray(values, dtype=np.float64).mean()), 6)
