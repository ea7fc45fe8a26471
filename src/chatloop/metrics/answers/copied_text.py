"""Copied text: the share of answers that hold 13 words in a row which stand in the training text.

13 words is what Brown et al. 2020 ("Language Models are Few-Shot Learners", appendix C) call an
overlap. A corpus that repeats itself is copied by its own references too: compare with theirs.

The spans of the answers are hashed, and the training text, which may be large, goes past them once.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

SPAN = 13
AT_ONCE = 1_000_000  # words

Hashes = NDArray[np.uint64]


def copied_text(
    answers: Mapping[str, Sequence[str]], training: Iterable[str], span: int = SPAN
) -> dict[str, float]:
    """For each name, the share of its answers with a copied span, between 0 and 1."""
    texts = [text.lower().split() for many in answers.values() for text in many]
    vocabulary = {word: at for at, word in enumerate(sorted({w for t in texts for w in t}), 1)}
    spans = [_spans([vocabulary[word] for word in words], span) for words in texts]
    wanted = np.unique(np.concatenate(spans)) if spans else np.empty(0, dtype=np.uint64)
    known = _known(wanted, training, vocabulary, span)
    flags = iter([bool(np.isin(one, known).any()) for one in spans])
    shares = {name: [next(flags) for _ in many] for name, many in answers.items()}
    return {name: sum(found) / len(found) if found else 0.0 for name, found in shares.items()}


def _known(
    wanted: Hashes, training: Iterable[str], vocabulary: Mapping[str, int], span: int
) -> Hashes:
    """Those of the wanted spans that stand in the training text."""
    found, ids = np.empty(0, dtype=np.uint64), list[int]()
    for text in training if len(wanted) else ():
        ids += [*(vocabulary.get(word, 0) for word in text.lower().split()), 0]  # 0 ends a span
        if len(ids) >= AT_ONCE:
            found = np.union1d(found, np.intersect1d(_spans(ids, span), wanted))
            ids = []
    return np.union1d(found, np.intersect1d(_spans(ids, span), wanted))


def _spans(ids: Sequence[int], span: int) -> Hashes:
    """A hash of each run of `span` words that all have an id: multiply and add, modulo 2^64."""
    numbers = np.asarray(ids, dtype=np.uint64)
    count = len(numbers) - span + 1
    if count <= 0:
        return np.empty(0, dtype=np.uint64)
    # Odd, as none of them may lose a bit; the last two mix the ids, which are small, beforehand.
    drawn = np.random.default_rng(0).integers(1, 2**63, span + 2, dtype=np.uint64)
    *factors, first, second = drawn | np.uint64(1)
    mixed = (numbers * first) ^ ((numbers * second) >> np.uint64(29))
    hashes = np.zeros(count, dtype=np.uint64)
    for at, factor in enumerate(factors):
        hashes += mixed[at : at + count] * factor
    unknown = np.concatenate([[0], np.cumsum(numbers == 0)])
    known: Hashes = hashes[unknown[span:] == unknown[:-span]]
    return known
