"""Every opinion ends up as taught, held_out, quarantined or rejected, with a reason for each no.

    number │ kind │ … │ outcome     │ reason        │ detail      │ cluster
    17     │ pair │   │ taught      │ null          │ null        │ chatcmpl-9f…
    18     │ pair │   │ quarantined │ phrase_cap    │ blue orchid │ chatcmpl-a0…
    19     │ up   │   │ rejected    │ superseded    │ null        │ null

What a guard holds waits for a person, whose word stands above all guards. One guard after the
other: what one holds takes nobody's place under the caps of the next.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b

import polars as pl

from chatloop.duplicates.index import near_duplicates
from chatloop.feedback.guards.background import Background
from chatloop.feedback.guards.caps import over, sudden
from chatloop.feedback.guards.features import phrases
from chatloop.feedback.guards.lift import Lifted, lifted
from chatloop.feedback.guards.skeleton import skeletons
from chatloop.feedback.opinions import OPINIONS
from chatloop.params.feedback import FeedbackParams

OUTCOMES = ("taught", "held_out", "quarantined", "rejected")
JUDGED = pl.Schema(
    [*OPINIONS.items(), *dict.fromkeys(("outcome", "detail", "cluster"), pl.String()).items()]
)
# Rows of OPINIONS and SAID, a part of the snapshot at a time.
Parts = Callable[[], Iterable[pl.DataFrame]]
# So many phrases are put into words.
_NAMED = 100


@dataclass(frozen=True)
class Reviews:
    """Ids of opinions that a person let in, and of those that a person turned down."""

    accepted: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Verdicts:
    """A row of JUDGED for every opinion, in order, and the phrases that are lifted."""

    judged: pl.DataFrame
    phrases: pl.DataFrame


def judge(
    parts: Parts, background: Background, params: FeedbackParams, reviews: Reviews
) -> Verdicts:
    """Judge every opinion; `parts` are read several times."""
    table = pl.concat([OPINIONS.to_frame(), *(part.select(*OPINIONS) for part in parts())])
    table = _refused(table, reviews)
    clusters = _clusters(parts, table, params)
    table = table.join(clusters, on="number", how="left", maintain_order="left")
    waiting = table.filter(
        pl.col("reason").is_null() & ~pl.col("feedback_id").is_in([*reviews.accepted])
    )
    strange = lifted(lambda: _said(parts, waiting), background, params.lift, params.caps.phrase)
    held = _held(waiting, strange, params)
    judged = table.join(held, on="number", how="left", maintain_order="left")
    sayings = _in_words(parts, strange, params)
    return Verdicts(_outcomes(_with_detail(judged, strange, sayings), params), sayings)


def _refused(table: pl.DataFrame, reviews: Reviews) -> pl.DataFrame:
    """With the reasons of what can never be taught: who changed his mind, what a person refused."""
    valid = pl.col("reason").is_null()
    last = pl.col("number").filter(valid).max().over("caller", "exchange_id")
    reason = (
        pl.when(~valid)
        .then("reason")
        .when(pl.col("number") != last)
        .then(pl.lit("superseded"))
        .when(pl.col("feedback_id").is_in([*reviews.rejected]))
        .then(pl.lit("refused_by_review"))
    )
    return table.with_columns(reason=reason)


def _clusters(parts: Parts, table: pl.DataFrame, params: FeedbackParams) -> pl.DataFrame:
    """For each opinion that can be taught, the first exchange that it is a near-twin of."""
    said = [_together(part) for part in _said(parts, table.filter(pl.col("reason").is_null()))]
    if not said:
        return pl.DataFrame(schema={"number": pl.Int64, "cluster": pl.String})
    texts = pl.concat(said).join(table.select("number", "exchange_id"), on="number").sort("number")
    first = near_duplicates(texts["text"], params.near_duplicates)
    return texts.select("number", cluster=pl.col("exchange_id").gather(pl.Series(first)))


def _together(part: pl.DataFrame) -> pl.DataFrame:
    answer = pl.when(pl.col("answer") != "").then("answer").otherwise("given")
    whole = pl.concat_str("prompt", answer, separator="\n")
    text = part.select(whole.alias("text"))["text"]
    return part.select("number").with_columns(text=skeletons(text))


def _said(parts: Parts, wanted: pl.DataFrame) -> Iterable[pl.DataFrame]:
    for part in parts():
        some = part.join(wanted.select("number"), on="number", how="semi", maintain_order="left")
        if some.height:
            yield some


def _held(waiting: pl.DataFrame, strange: Lifted, params: FeedbackParams) -> pl.DataFrame:
    """Who waits for a person and why: number, held, detail."""
    caps, left, found = params.caps, waiting, []
    late = over(strange.holders, ["side", "hash"], caps.phrase)
    guards: tuple[tuple[str, Callable[[pl.DataFrame], pl.DataFrame]], ...] = (
        ("phrase_cap", lambda _: late),
        ("sudden", lambda some: sudden(some, params.sudden)),
        ("cluster_cap", lambda some: over(some, ["cluster"], caps.cluster)),
        ("identity_day_cap", lambda some: over(some, ["caller", "day"], caps.identity_day)),
        ("identity_cap", lambda some: over(some, ["caller"], caps.identity)),
        ("day_cap", lambda some: over(some, ["day"], caps.day)),
    )
    for reason, guard in guards:
        hit = left.select("number").join(guard(left), on="number", how="semi")
        found.append(hit.with_columns(held=pl.lit(reason)))
        left = left.join(hit, on="number", how="anti", maintain_order="left")
    return pl.concat(found)


def _outcomes(table: pl.DataFrame, params: FeedbackParams) -> pl.DataFrame:
    clusters = table["cluster"].drop_nulls().unique()
    aside = clusters.filter(
        pl.Series(
            [_share(name, params.seed) < params.held_out_share for name in clusters],
            dtype=pl.Boolean,
        )
    )
    outcome = (
        pl.when(pl.col("reason").is_not_null())
        .then(pl.lit("rejected"))
        .when(pl.col("held").is_not_null())
        .then(pl.lit("quarantined"))
        .when(pl.col("cluster").is_in(aside.to_list()))
        .then(pl.lit("held_out"))
        .otherwise(pl.lit("taught"))
    )
    return table.with_columns(outcome=outcome, reason=pl.coalesce("reason", "held")).select(*JUDGED)


def _in_words(parts: Parts, strange: Lifted, params: FeedbackParams) -> pl.DataFrame:
    """The lifted phrases, the commonest ones as a person reads them."""
    few = strange.found.head(_NAMED)
    held = strange.holders.join(few, on=["side", "hash"], how="semi")
    first = held.group_by("side", "hash").agg(pl.col("number").min())
    named: list[tuple[str, int, str]] = []
    for part in _said(parts, first):
        text = pl.when(pl.col("side") == "prompt").then("prompt").otherwise("answer")
        rows = (
            part.join(first, on="number")
            .group_by("side", text=text)
            .agg("hash")
            .sort("side", "text")
        )
        for side, said, wanted in rows.iter_rows():
            found = phrases(said, side, wanted, params.lift.words)
            named += [(side, one, words) for one, words in found.items()]
    schema = {"side": pl.String, "hash": pl.UInt64, "phrase": pl.String}
    table = pl.DataFrame(named, schema=schema, orient="row").unique(["side", "hash"])
    return strange.found.join(table, on=["side", "hash"], how="left", maintain_order="left")


def _with_detail(table: pl.DataFrame, strange: Lifted, sayings: pl.DataFrame) -> pl.DataFrame:
    """The commonest phrase of each opinion that a phrase holds."""
    of_each = strange.holders.join(sayings, on=["side", "hash"], maintain_order="left")
    of_each = of_each.with_columns(run=pl.col("phrase").str.starts_with("…"))
    length = pl.col("phrase").str.len_chars().cast(pl.Int64)
    order = ("run", -pl.col("opinions"), -length, "number", "side", "hash")
    of_each = of_each.sort(*order, nulls_last=True)
    commonest = of_each.group_by("number", maintain_order=True).agg(detail=pl.col("phrase").first())
    told = table.join(commonest, on="number", how="left", maintain_order="left")
    detail = pl.when(pl.col("held") == "phrase_cap").then("detail")
    return told.with_columns(detail=detail)


def _share(name: str, seed: int) -> float:
    """A number from 0 to 1 that belongs to a name, and to nothing else."""
    digest = blake2b(f"{seed}:{name}".encode(), digest_size=8).digest()
    return float(int.from_bytes(digest)) / 2.0**64
