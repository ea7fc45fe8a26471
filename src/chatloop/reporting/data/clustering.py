"""Topics of conversations that nobody gave any: what is said alike is one, named by its words.

    my parcel has not come yet …        parcel, delivery, tracking
    i want my money back …          →   refund, money, card

TF-IDF over hashed words (Weinberger et al. 2009), then spherical k-means (Dhillon and Modha 2001)
with k-means++ as its start (Arthur and Vassilvitskii 2007). Seeded: the same texts and the same
seed are the same topics. They are found in a sample; every text is then put to the nearest.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

_FEATURES = 1024
_CHUNK = 5_000
_ROUNDS = 25
_NAMED_BY = 3
# Words of a topic's name are said in so many conversations: nobody's name is among them.
_SAID_IN = 5
Matrix = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Topics:
    """Topics that were found in a sample: any other text has one of them, too."""

    weights: Matrix
    centres: Matrix
    names: tuple[str, ...]

    def of(self, texts: pl.Series) -> pl.Series:
        """The name of each text's topic."""
        buckets = _buckets(_words(texts))
        chunks = np.array_split(np.arange(len(texts)), -(-len(texts) // _CHUNK) or 1)
        found = [self._nearest(buckets, rows) for rows in chunks]
        names = [self.names[at] for at in np.concatenate(found)]
        return pl.Series("topic", names, dtype=pl.String)

    def _nearest(self, buckets: list[Rows], rows: Rows) -> Rows:
        similar = _vectors(buckets, rows, self.weights) @ self.centres.T
        return np.asarray(similar.argmax(axis=1), dtype=np.int64)


def find_topics(sample: pl.Series, clusters: int, seed: int) -> Topics:
    """At most `clusters` different topics of these texts, of which a few thousand are enough."""
    words = _words(sample)
    buckets, rows = _buckets(words), np.arange(len(sample))
    weights = _weights(_counts(buckets, rows))
    if not len(rows):
        return Topics(weights, np.zeros((1, _FEATURES), dtype=np.float32), ("other",))
    vectors = _vectors(buckets, rows, weights)
    centres = _centres(vectors, min(clusters, len(rows)), np.random.default_rng(seed))
    nearest = (vectors @ centres.T).argmax(axis=1)
    return Topics(weights, centres, _names(words, nearest, len(centres)))


def _words(texts: pl.Series) -> pl.Series:
    found = texts.str.to_lowercase().str.extract_all(r"\p{L}{3,}")
    return found.list.unique(maintain_order=True)


def _buckets(words: pl.Series) -> list[Rows]:
    """Of each text its words as places in a vector, by hash."""
    sizes = words.list.len().to_numpy()
    flat = words.filter(words.list.len() > 0).explode()
    known = flat.unique()
    places = [
        int.from_bytes(blake2b(word.encode(), digest_size=4).digest()) % _FEATURES for word in known
    ]
    found = flat.replace_strict(known, pl.Series(places, dtype=pl.Int64), return_dtype=pl.Int64)
    return np.split(found.to_numpy().astype(np.int64), np.cumsum(sizes)[:-1])


def _counts(buckets: list[Rows], rows: Rows) -> Matrix:
    matrix = np.zeros((len(rows), _FEATURES), dtype=np.float32)
    for at, row in enumerate(rows):
        matrix[at, buckets[row]] = 1.0
    return matrix


def _weights(counts: Matrix) -> Matrix:
    """Inverse document frequency; what half of all texts hold says nothing about any of them."""
    share = counts.sum(axis=0) / max(1, len(counts))
    weights = np.log((1 + len(counts)) / (1 + counts.sum(axis=0))).astype(np.float32)
    return np.asarray(np.where(share > 0.5, np.float32(0), weights), dtype=np.float32)  # noqa: PLR2004


def _vectors(buckets: list[Rows], rows: Rows, weights: Matrix) -> Matrix:
    vectors = _counts(buckets, rows) * weights
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1.0e-9), dtype=np.float32)


def _centres(vectors: Matrix, clusters: int, rng: np.random.Generator) -> Matrix:
    centres = _start(vectors, clusters, rng)
    for _ in range(_ROUNDS):
        nearest = (vectors @ centres.T).argmax(axis=1)
        moved = np.stack(
            [
                vectors[nearest == at].sum(axis=0) if (nearest == at).any() else centre
                for at, centre in enumerate(centres)
            ]
        )
        moved /= np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1.0e-9)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


def _start(vectors: Matrix, clusters: int, rng: np.random.Generator) -> Matrix:
    """Far from each other: each is drawn in proportion to its distance from those before it."""
    chosen = [int(rng.integers(len(vectors)))]
    nearest = np.full(len(vectors), -1.0)
    while len(chosen) < clusters:
        nearest = np.maximum(nearest, vectors @ vectors[chosen[-1]])
        far = np.clip(1.0 - nearest, 0.0, None)
        if far.sum() < 1.0e-6:  # noqa: PLR2004 every text is one of the chosen
            break
        chosen.append(int(rng.choice(len(vectors), p=far / far.sum())))
    return vectors[chosen]


def _names(words: pl.Series, found: Rows, clusters: int) -> tuple[str, ...]:
    """Of each cluster the words that say most about it, and a number where two are alike."""
    rows = pl.DataFrame({"cluster": found, "word": words}).explode("word").drop_nulls()
    sizes = pl.DataFrame({"cluster": found}).group_by("cluster").agg(size=pl.len())
    said = (
        rows.group_by("cluster", "word")
        .len()
        .join(sizes, on="cluster")
        .with_columns(everywhere=pl.col("len").sum().over("word"))
        .filter(pl.col("everywhere") >= _SAID_IN)
        .with_columns(inside=pl.col("len") / pl.col("size"))
        .with_columns(gain=(pl.col("inside") / (pl.col("everywhere") / len(found))).log())
        .with_columns(score=pl.col("inside") * pl.col("gain"))
        .sort(["cluster", "score", "word"], descending=[False, True, False])
        .group_by("cluster", maintain_order=True)
        .agg(pl.col("word").head(_NAMED_BY))
    )
    named = {cluster: ", ".join(best) for cluster, best in said.iter_rows()}
    names: list[str] = []
    for cluster in range(clusters):
        name = named.get(cluster, "other")
        names.append(name if name not in names else f"{name} ({cluster})")
    return tuple(names)
