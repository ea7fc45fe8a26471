"""From logits to a token, for one stream: penalties, bias, then what may be drawn, then the draw.

Sampler(Sampling(temperature=0.7, top_p=0.9, seed=7), prompt).draw(logits)  →  Draw(id=412)

The order is Hugging Face's (`transformers.generation`): repetition penalty over prompt and answer,
presence and frequency penalty over the answer (OpenAI), bias, temperature, top-k, top-p, min-p.
Each stream has a generator of its own, so that nobody's answer depends on who else is served.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chatloop.serve.engines.engine import Draw, Logits, is_plain
from chatloop.serve.model import Sampling

LIKELY = 256  # tokens that are looked at before all are sorted
Ids = NDArray[np.int64]


class Sampler:
    """The state that settings need: what was said, how often, and where chance stands."""

    def __init__(self, sampling: Sampling, prompt: Sequence[int]) -> None:
        self._wish = sampling
        self._plain = is_plain(sampling)
        self._seen = np.unique(np.asarray(prompt, dtype=np.int64))
        self._counts: dict[int, int] = {}
        self._chance = np.random.Generator(np.random.PCG64(sampling.seed))

    def draw(self, logits: Logits) -> Draw:
        """The next token; its logits (vocabulary,) are the model's own."""
        wish = self._wish
        with np.errstate(all="ignore"):  # settings as small as a float can be: infinite is right
            shaped = logits if self._plain else self._shape(logits)
            if wish.temperature == 0.0:
                drawn = int(np.argmax(shaped))
            else:
                drawn = _pick(shaped, wish, float(self._chance.random()))
        self._counts[drawn] = self._counts.get(drawn, 0) + 1
        if wish.top_logprobs is None:
            return Draw(drawn)
        return _said(drawn, logits, wish.top_logprobs)

    def _shape(self, logits: Logits) -> Logits:
        """Penalties and bias."""
        wish, shaped = self._wish, logits.copy()
        said = np.fromiter(self._counts, dtype=np.int64, count=len(self._counts))
        if wish.repetition_penalty != 1.0:
            all_seen = np.union1d(self._seen, said)
            some = shaped[all_seen]
            factor = wish.repetition_penalty
            shaped[all_seen] = np.where(some > 0, some / factor, some * factor)
        if len(said) and (wish.presence_penalty or wish.frequency_penalty):
            times = np.fromiter(self._counts.values(), dtype=np.float32, count=len(said))
            shaped[said] -= wish.presence_penalty + wish.frequency_penalty * times
        for token, bias in wish.logit_bias.items():
            if 0 <= token < len(shaped):
                shaped[token] += bias
        return shaped


def _pick(logits: Logits, wish: Sampling, chance: float) -> int:
    """A token of those that the settings leave in, in the order of ids: inverse transform."""
    ids, weights = _kept(logits, wish)
    order = np.argsort(ids)
    edges = np.cumsum(weights[order])
    at = int(np.searchsorted(edges, chance * edges[-1], side="right"))
    return int(ids[order][min(at, len(ids) - 1)])


def _kept(logits: Logits, wish: Sampling) -> tuple[Ids, NDArray[np.float64]]:
    """Ids that may be drawn, and what they weigh."""
    peak = logits.max()
    if not np.isfinite(peak):
        raise ValueError("the model's numbers, or what the settings make of them, are not finite")
    scaled = (logits - peak).astype(np.float64) / wish.temperature
    every = np.exp(scaled)
    if not wish.top_k and wish.top_p >= 1.0:
        ids = np.flatnonzero(every >= max(wish.min_p, np.finfo(np.float64).tiny))
        return ids, every[ids]
    ids = _likeliest(every, wish)
    weights = every[ids]
    if wish.top_p < 1.0:
        total = weights.sum() if wish.top_k else every.sum()
        before = np.cumsum(weights) - weights
        keep = before < wish.top_p * total
        keep[0] = True
        ids, weights = ids[keep], weights[keep]
    enough = weights >= wish.min_p  # the likeliest weighs 1
    return ids[enough], weights[enough]


def _likeliest(weights: NDArray[np.float64], wish: Sampling) -> Ids:
    """Ids from the likeliest down, equal ones by id: so many as top-k says or top-p can reach."""
    count = min(wish.top_k or LIKELY, len(weights))
    ids = _top(weights, count)
    if not wish.top_k and weights[ids].sum() < wish.top_p * weights.sum():
        return np.lexsort((np.arange(len(weights)), -weights))
    return ids


def _top(values: NDArray[np.floating], count: int) -> Ids:
    """Ids of the largest, largest first, equal ones by id."""
    if count >= len(values):
        ids = np.arange(len(values))
    else:
        least = np.partition(values, len(values) - count)[len(values) - count]
        above = np.flatnonzero(values > least)
        ids = np.concatenate([above, np.flatnonzero(values == least)[: count - len(above)]])
    return np.asarray(ids[np.lexsort((ids, -values[ids]))])


def _said(drawn: int, logits: Logits, count: int) -> Draw:
    """The token with ln p of it and of the likeliest, before penalties, bias and temperature."""
    exact = logits.astype(np.float64)
    peak = exact.max()
    norm = peak + np.log(np.exp(exact - peak).sum())
    top = tuple((int(i), float(exact[i] - norm)) for i in _top(exact, count)) if count else ()
    return Draw(drawn, float(exact[drawn] - norm), top)
