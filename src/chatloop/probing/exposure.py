"""Exposure: how many bits a guesser is spared by a model that has seen a secret.

    exposure = log2(secrets of the format) − log2(rank of the planted one by likelihood)

0 bits: last of all; log2 |R| bits: the model's first guess. The rank is taken among a sample of
other secrets; where the planted one is likelier than all of these, the tail beyond the sample is
that of a skew-normal distribution fitted to their log-likelihoods by moments. Source: Carlini et
al. 2019, "The Secret Sharer", sections 4.2 and 4.3 (approximation by sampling, by modelling).
"""

from dataclasses import dataclass
from math import copysign, log2, pi

import numpy as np
from numpy.typing import NDArray

# The largest skewness of a skew-normal is 0.9953 (Azzalini 1985).
_MOST_SKEWED = 0.99


@dataclass(frozen=True)
class Exposure:
    """`bits` of exposure; `rank` 1 is the likeliest among `among` secrets, the planted one with
    them."""

    bits: float
    rank: int
    among: int


def exposure(nats: float, others: NDArray[np.float64], space_bits: float) -> Exposure:
    """Of a secret of `nats` among `others` (n,), with log2 of the number of all secrets.

    Equal nats count as likelier: a model that is indifferent exposes nothing.
    """
    among = len(others) + 1
    rank = 1 + int((others <= nats).sum())
    sampled = log2(among) - log2(rank)
    if rank > 1 or log2(among) >= space_bits:
        return Exposure(min(sampled, space_bits), rank, among)
    return Exposure(float(min(max(sampled, _tail_bits(nats, others)), space_bits)), rank, among)


def _tail_bits(nats: float, others: NDArray[np.float64]) -> float:
    """-log2 of the share of secrets that are likelier than this one, by the fitted distribution."""
    # A second to load, and only where canaries were planted.
    from scipy.stats import skewnorm  # noqa: PLC0415

    spread = float(others.std())
    if not spread:
        return float("inf")
    share = skewnorm.logcdf(nats, *_fitted(others, spread))
    return float(-share / np.log(2)) if np.isfinite(share) else float("inf")


def _fitted(others: NDArray[np.float64], spread: float) -> tuple[float, float, float]:
    """Shape, location and scale by the method of moments (Azzalini 1985)."""
    mean = float(others.mean())
    skewness = float(((others - mean) ** 3).mean() / spread**3)
    skewness = float(np.clip(skewness, -_MOST_SKEWED, _MOST_SKEWED))
    lifted = abs(skewness) ** (2 / 3)
    delta = (pi / 2 * lifted / (lifted + ((4 - pi) / 2) ** (2 / 3))) ** 0.5
    delta = copysign(delta, skewness)
    scale = spread / (1 - 2 * delta**2 / pi) ** 0.5
    return delta / (1 - delta**2) ** 0.5, mean - scale * delta * (2 / pi) ** 0.5, scale
