"""Clusters of near-duplicates against every pair counted: which twins are missed, which are wrong.

    python -m benchmarks.near_duplicates_exact --json

Real exchanges and conversations, and texts that nothing was tuned to: words edited, put in, put in
another order, short ones, Chinese and Japanese, emoji. Exact are the components of all pairs whose
Jaccard similarity reaches the threshold. Recall and precision are over pairs in one cluster.
"""

import argparse
import gzip
import json
import random
from collections.abc import Callable
from itertools import pairwise
from math import comb

import numpy as np
import polars as pl

from benchmarks.near_duplicates import jaccard
from benchmarks.report import SGD
from chatloop.duplicates.index import near_duplicates
from chatloop.duplicates.shingling import shingles
from chatloop.params.data import NearDuplicates

GOAL = 0.99
Edit = Callable[[list[str], random.Random], list[str]]


def exact(texts: pl.Series, params: NearDuplicates) -> list[int]:
    """Clusters by counting, of every two texts that share a shingle, what they share."""
    hashes, offsets = shingles(texts, params.shingle_words)
    said = [frozenset(hashes[start:end].tolist()) for start, end in pairwise(offsets)]
    holders: dict[int, list[int]] = {}
    cluster = list(range(len(said)))
    for row, own in enumerate(said):
        for other in {one for shingle in own for one in holders.get(shingle, ())}:
            if jaccard(said[other], own) >= params.threshold:
                low, high = sorted((_root(cluster, other), _root(cluster, row)))
                cluster[high] = low
        for shingle in own:
            holders.setdefault(shingle, []).append(row)
    return [_root(cluster, row) for row in range(len(said))]


def _root(cluster: list[int], row: int) -> int:
    while cluster[row] != row:
        cluster[row] = cluster[cluster[row]]
        row = cluster[row]
    return row


def edited(words: list[str], rng: random.Random) -> list[str]:
    """One or two words are others."""
    return [rng.choice(["other", "else", "more"]) if rng.random() < 0.06 else w for w in words]


def inserted(words: list[str], rng: random.Random) -> list[str]:
    """A word or two more."""
    at = rng.randrange(len(words) + 1)
    return [
        *words[:at],
        *rng.sample(["well", "please", "so", "now"], rng.randint(1, 2)),
        *words[at:],
    ]


def reordered(words: list[str], rng: random.Random) -> list[str]:
    """The end comes first."""
    at = rng.randrange(len(words))
    return words[at:] + words[:at]


def planted(alphabet: str, sizes: tuple[int, int], edit: Edit, joint: str, seed: int) -> list[str]:
    """A thousand texts, and of every second one some that were made of it, one of another."""
    rng = random.Random(seed)
    lexicon = ["".join(rng.choices(alphabet, k=rng.randint(1, 7))) for _ in range(900)]
    if not joint:
        lexicon = list(alphabet)
    said = [rng.choices(lexicon, k=rng.randint(*sizes)) for _ in range(1000)]
    for of in range(0, 1000, 2):
        for _ in range(rng.randint(1, 3)):
            said.append(edit(said[of] if rng.random() < 0.5 else said[-1], rng))
    rng.shuffle(said)
    return [joint.join(words) for words in said]


def made() -> dict[str, list[str]]:
    """Texts by how they were made."""
    latin, han = "abcdefghijklmnopqrstuvwxyz", "".join(map(chr, range(0x4E00, 0x4E00 + 900)))
    kana, smiles = (
        "".join(map(chr, range(0x3042, 0x3090))),
        "".join(map(chr, range(0x1F600, 0x1F640))),
    )
    return {
        "words edited": planted(latin, (8, 60), edited, " ", 1),
        "words inserted": planted(latin, (8, 60), inserted, " ", 2),
        "reordered": planted(latin, (8, 60), reordered, " ", 3),
        "short": planted(latin, (1, 6), inserted, " ", 4),
        "chinese": planted(han, (10, 80), edited, "", 5),
        "japanese": planted(kana + han[:200], (10, 80), inserted, "", 6),
        "emoji": planted(latin[:9] + smiles, (6, 40), edited, " ", 7),
    }


def real(conversations: int) -> dict[str, list[str]]:
    """Exchanges and conversations of the real dialogues."""
    with gzip.open(SGD / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        talks = [json.loads(line)["messages"] for line in lines][:conversations]
    turns = [[turn["content"].lower() for turn in talk] for talk in talks]
    pairs = [f"{one}\n{two}" for talk in turns for one, two in zip(talk[::2], talk[1::2])]  # noqa: B905
    return {"real exchanges": pairs, "real conversations": ["\n".join(talk) for talk in turns]}


def compared(texts: list[str], threshold: float) -> dict[str, float | int]:
    """Pairs in one cluster: how many there are, and recall and precision of ours."""
    params = NearDuplicates(threshold=threshold, permutations=128, shingle_words=3, seed=1)
    series = pl.Series(texts, dtype=pl.String)
    found, meant = near_duplicates(series, params), np.array(exact(series, params))
    ours, theirs = _pairs(found), _pairs(meant)
    both = _pairs(found * len(texts) + meant)
    return {"pairs": theirs, "recall": both / max(1, theirs) if theirs else 1.0,
            "precision": both / ours if ours else 1.0}  # fmt: skip


def _pairs(cluster: np.ndarray) -> int:
    return sum(comb(int(size), 2) for size in np.unique(cluster, return_counts=True)[1])


def main() -> None:
    """Compare and print; with --json the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--conversations", type=int, default=400)
    wanted = parser.parse_args()
    cases = made() | (real(wanted.conversations) if SGD.is_dir() else {})
    result = {}
    for name, texts in cases.items():
        for threshold in (0.5, 0.8):
            result[f"{name}, {threshold}"] = found = compared(texts, threshold)
            print(
                f"{name:<20}{threshold}  {found['pairs']:>8,} pairs  recall {found['recall']:.4f}  "
                f"precision {found['precision']:.4f}", flush=True,
            )  # fmt: skip
    worst = min(min(one["recall"], one["precision"]) for one in result.values())
    if wanted.json:
        named = {"name": "near_duplicates_exact", "ours": round(worst, 4), "rival": None}
        print(json.dumps(named | {"unit": "worst recall or precision of pairs", "ratio": None,
                                  "equal": worst >= GOAL, "goal": GOAL, "cases": result}))  # fmt: skip


if __name__ == "__main__":
    main()
