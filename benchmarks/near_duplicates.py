"""Near-duplicates among planted twins: chatloop's `near_duplicates` and datasketch's MinHashLSH.

    python -m benchmarks.near_duplicates --json

Both get the same texts and find clusters at the same Jaccard threshold, with as many permutations,
over the same word shingles. A tenth of the texts is planted: twins with one word changed, decoys
with an eighth of them changed. Truth is counted: a planted text is a twin when it shares enough
shingles with its original. What datasketch's index finds is kept where its own estimate agrees. The
ratio is of the best of the rounds of each, in turn; F1 is over pairs of texts in one cluster.

The rival is datasketch as a careful user writes it: signatures in bulk, xxhash instead of SHA-1.
Beside it stand the ratios to bulk signatures with its own hash and to its first page's loop.
How clusters compare to counting every pair, on real dialogues and on texts of other makings:
`python -m benchmarks.near_duplicates_exact`.
"""

import argparse
import importlib.metadata
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import polars as pl

from chatloop.duplicates.index import near_duplicates
from chatloop.params.data import NearDuplicates

PARAMS = NearDuplicates(threshold=0.8, permutations=128, shingle_words=3, seed=1)
GOAL, GOAL_F1 = 50.0, 0.95
VOCABULARY, WORDS = 5_000, (5, 45)  # words of an exchange, as in real dialogues
PLANTED = 0.1


def planted(texts: int, seed: int) -> tuple[list[str], list[int]]:
    """Texts, and for each the place of its original; its own place where it is no twin."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9)))
             for _ in range(VOCABULARY)]  # fmt: skip
    said = [rng.choices(words, k=rng.randint(*WORDS)) for _ in range(round(texts * (1 - PLANTED)))]
    originals, truth = len(said), list(range(len(said)))
    while len(said) < texts:
        of = rng.randrange(originals)
        swapped = 1 if rng.randrange(2) else max(2, len(said[of]) // 8)
        twin = list(said[of])
        for at in rng.sample(range(len(twin)), swapped):
            twin[at] = rng.choice(words)
        alike = jaccard(_shingles(twin), _shingles(said[of])) >= PARAMS.threshold
        truth.append(of if alike else len(said))
        said.append(twin)
    order = rng.sample(range(texts), texts)
    place = {old: new for new, old in enumerate(order)}
    return [" ".join(said[old]) for old in order], [place[truth[old]] for old in order]


def ours(texts: Sequence[str]) -> list[int]:
    """Cluster of each text."""
    return near_duplicates(pl.Series(texts), PARAMS).tolist()


def theirs(texts: Sequence[str], way: str = "bulk") -> list[int]:
    """The same with datasketch: signatures, its index, and what a query finds joined.

    `shingle` updates a signature shingle by shingle, as its first page shows; `bulk` is its way
    for many, with its own hash; `bulk_xxhash` is that with a quicker one, as its reference advises.
    """
    from datasketch import MinHash, MinHashLSH

    size, said = PARAMS.shingle_words, [text.split() for text in texts]
    shingles = [
        [" ".join(words[at : at + size]).encode() for at in range(max(1, len(words) - size + 1))]
        for words in said
    ]
    hashed = {"hashfunc": _xxhash()} if way == "bulk_xxhash" else {}
    of = {"num_perm": PARAMS.permutations, "seed": PARAMS.seed, **hashed}
    if way == "shingle":
        signatures = [MinHash(**of) for _ in texts]
        for signature, many in zip(signatures, shingles, strict=True):
            for shingle in many:
                signature.update(shingle)
    else:
        signatures = MinHash.bulk(shingles, **of)
    index = MinHashLSH(threshold=PARAMS.threshold, num_perm=PARAMS.permutations)
    cluster = list(range(len(texts)))
    for at, signature in enumerate(signatures):
        for other in index.query(signature):
            if signature.jaccard(signatures[other]) < PARAMS.threshold:
                continue
            low, high = sorted((_root(cluster, other), _root(cluster, at)))
            cluster[high] = low
        index.insert(at, signature)
    return [_root(cluster, at) for at in range(len(texts))]


def _xxhash() -> Callable[[bytes], int]:
    import xxhash

    return xxhash.xxh32_intdigest


def f1(found: Sequence[int], truth: Sequence[int]) -> float:
    """Harmonic mean of precision and recall over pairs of texts in one cluster."""
    both = _pairs(list(zip(found, truth, strict=True)))
    return 2 * both / max(1, _pairs(found) + _pairs(truth))


def measure(texts: int, rounds: int) -> dict[str, object]:
    """Ours and theirs in turn on the same input."""
    said, truth = planted(texts, 7)
    ours(said[:100])
    best: dict[str, float] = {}
    score: dict[str, float] = {}
    careful = partial(theirs, way="bulk_xxhash")
    for _ in range(rounds):
        for name, find in (("ours", ours), ("rival", careful), ("bulk", theirs)):
            seconds, found = _timed(find, said)
            best[name] = min(seconds, best.get(name, seconds))
            score[name] = f1(found, truth)
    few = said[: max(1, texts // 10)]
    seconds, _ = _timed(partial(theirs, way="shingle"), few)
    rates = {name: texts / seconds for name, seconds in best.items()}
    return {
        "name": "near_duplicates",
        "ours": round(rates["ours"]),
        "rival": round(rates["rival"]),
        "unit": "texts/s",
        "ratio": round(rates["ours"] / rates["rival"], 1),
        "equal": score["ours"] >= max(GOAL_F1, score["rival"] - 0.001),
        "goal": GOAL,
        "ratio_own_hash": round(rates["ours"] / rates["bulk"], 1),
        "ratio_shingle_by_shingle": round(rates["ours"] / (len(few) / seconds), 1),
        "f1": round(score["ours"], 4),
        "rival_f1": round(score["rival"], 4),
        "goal_f1": GOAL_F1,
        "texts": texts,
        "rival_is": f"datasketch {importlib.metadata.version('datasketch')}",
    }


def _timed(find: Callable[[Sequence[str]], list[int]], said: list[str]) -> tuple[float, list[int]]:
    start = time.perf_counter()
    found = find(said)
    return time.perf_counter() - start, found


def jaccard(first: frozenset[int], second: frozenset[int]) -> float:
    """Shared elements as a share of all."""
    return len(first & second) / max(1, len(first | second))


def _shingles(words: Sequence[str]) -> frozenset[int]:
    size = PARAMS.shingle_words
    return frozenset(hash(tuple(words[at : at + size])) for at in range(len(words) - size + 1))


def _pairs(clusters: Sequence[object]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(clusters).values())


def _root(cluster: list[int], at: int) -> int:
    while cluster[at] != at:
        cluster[at] = cluster[cluster[at]]
        at = cluster[at]
    return at


def main() -> None:
    """Measure and print; with --json the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    result = measure(wanted.texts, wanted.rounds)
    print(
        f"near_duplicates: {result['ours']:,} texts/s (F1 {result['f1']}), {result['rival_is']} "
        f"{result['rival']:,} texts/s (F1 {result['rival_f1']}): {result['ratio']} times"
    )
    if wanted.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
