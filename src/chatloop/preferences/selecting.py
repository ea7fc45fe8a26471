"""Which judged answers teach: a row each, with the reason where one does not.

    conversation_id │ kind │ reason             │ held_out
    shop-00017      │ pair │                    │ false
    shop-00040      │ down │ twin_of_test       │ false
    shop-00052      │ up   │                    │ true

What the test split asks is never learned from, whoever judged the answers: that model would be
graded on what it was told.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from chatloop.duplicates.index import near_duplicates
from chatloop.duplicates.near import spoken, transcripts_of
from chatloop.duplicates.splitting import TWIN_OF_TEST, TWIN_OF_VALIDATION, position
from chatloop.params.align import AlignParams

PROMPT_OF_TEST, CONTRADICTED = "prompt_of_test", "contradicted"
SAME_ANSWERS, DUPLICATE = "same_answers", "duplicate"
TOO_FEW, TOO_LONG = "too_few", "too_long"
# In the order in which they are asked; the last two are found later, by the stage.
REASONS = (
    SAME_ANSWERS, PROMPT_OF_TEST, TWIN_OF_TEST, TWIN_OF_VALIDATION, CONTRADICTED, DUPLICATE,
    TOO_LONG, TOO_FEW,
)  # fmt: skip
# What stands on the held-out side of the split: nothing learns from it, so that it can measure.
OUTSIDE = (PROMPT_OF_TEST, TWIN_OF_TEST, TWIN_OF_VALIDATION)
KINDS = ("pair", "up", "down")
_ID, _SIDES = "conversation_id", ("prompt", "chosen", "rejected")


def selected(
    judged: pl.DataFrame, test: pl.DataFrame, validation: pl.DataFrame, params: AlignParams
) -> pl.DataFrame:
    """A row a judged answer or pair, sorted: conversation_id, kind, reason, held_out.

    Args:
        judged: turns with `side`: prompt, chosen, rejected.
        test: turns of the test split, in whole conversations; `validation` likewise.
        params: what is a twin, and the share of prompts that is held out.
    """
    rows = as_told(judged)
    held = [spoken(turns) for turns in (test, validation)]
    near = [pl.Series(name, found) for name, found in _twins(rows, held, params).items()]
    votes = pl.len().over(*_SIDES)
    marked = rows.with_columns(*near, votes=votes).join(
        _mirrored(rows), on=_SIDES, how="left", nulls_equal=True, maintain_order="left"
    )
    first = pl.int_range(pl.len()).over(*_SIDES) == 0
    reason = (
        pl.when(pl.col("chosen") == pl.col("rejected")).then(pl.lit(SAME_ANSWERS))
        .when(pl.col("prompt").is_in(set(prompts(held[0])))).then(pl.lit(PROMPT_OF_TEST))
        .when(TWIN_OF_TEST).then(pl.lit(TWIN_OF_TEST))
        .when(TWIN_OF_VALIDATION).then(pl.lit(TWIN_OF_VALIDATION))
        .when(pl.col("against").fill_null(0) >= pl.col("votes")).then(pl.lit(CONTRADICTED))
        .when(~first).then(pl.lit(DUPLICATE))
    )  # fmt: skip
    aside = [
        position(f"align:{prompt}", params.seed) < params.held_out_share
        for prompt in rows["prompt"]
    ]
    return marked.select(
        _ID, "kind", reason.alias("reason"), pl.Series("held_out", aside, dtype=pl.Boolean)
    )


def as_told(judged: pl.DataFrame) -> pl.DataFrame:
    """A row a judged answer or pair, sorted: conversation_id, kind, and each side as a text.

    As texts are compared: lower case, blanks as one, a line a turn, without system turns. A side
    that is not there is null.
    """
    said = spoken(judged).filter(pl.col("role") != "system")
    texts = said.group_by(_ID, "side", maintain_order=True).agg(pl.col("content").str.join("\n"))
    rows = judged.select(pl.col(_ID).unique().sort())
    for side in _SIDES:
        one = texts.filter(pl.col("side") == side).select(_ID, pl.col("content").alias(side))
        rows = rows.join(one, on=_ID, how="left", maintain_order="left", nulls_equal=True)
    kind = (
        pl.when(pl.col("rejected").is_null()).then(pl.lit("up"))
        .when(pl.col("chosen").is_null()).then(pl.lit("down"))
        .otherwise(pl.lit("pair"))
    )  # fmt: skip
    return rows.with_columns(kind.alias("kind"), pl.col("prompt").fill_null(""))


def prompts(said: pl.DataFrame) -> Iterator[str]:
    """All that assistants were ever asked in turns that are `spoken`: up to each user turn."""
    owner, before = None, ""
    for name, role, content in said.select(_ID, "role", "content").iter_rows():
        if name != owner:
            owner, before = name, ""
        if role == "system":
            continue
        before = f"{before}\n{content}" if before else content
        if role == "user":
            yield before


def measuring(rows: pl.DataFrame) -> pl.DataFrame:
    """Ids of the judged answers that models are measured by: those that are held out of what could
    teach, and those whose conversation the split holds out, as it does with a share of corrections.
    """
    aside = pl.col("reason").is_null() & pl.col("held_out")
    return rows.filter(aside | pl.col("reason").is_in(OUTSIDE)).select(_ID)


def kinds(rows: pl.DataFrame) -> Counter[str]:
    """How many of each kind can teach."""
    chosen = rows.filter(pl.col("reason").is_null())
    found = dict(chosen["kind"].value_counts().iter_rows())
    return Counter({kind: found.get(kind, 0) for kind in KINDS})


def tally(rows: pl.DataFrame) -> dict[str, Any]:
    """Of the report: rows in = learned + held out + skipped, each of these with its reason."""
    found = dict(rows["reason"].drop_nulls().value_counts().iter_rows())
    held = rows.filter(pl.col("reason").is_null() & pl.col("held_out")).height
    chosen, skipped = kinds(rows).total(), sum(found.values())
    assert rows.height == chosen + skipped, f"{rows.height} judged, {chosen} chosen, {skipped} not"
    return {
        "rows": rows.height,
        "learned": chosen - held,
        "held_out": held,
        "skipped": skipped,
        "measuring": measuring(rows).height,
        "kinds": dict(kinds(rows)),
        "skipped_by_reason": {reason: found.get(reason, 0) for reason in REASONS},
    }


def _mirrored(rows: pl.DataFrame) -> pl.DataFrame:
    """How many say the opposite: this answer down and not up, that answer better and not worse."""
    swapped = {"chosen": "rejected", "rejected": "chosen"}
    return rows.rename(swapped).group_by(*_SIDES).agg(pl.len().alias("against"))


def _twins(
    rows: pl.DataFrame, held: list[pl.DataFrame], params: AlignParams
) -> dict[str, np.ndarray]:
    """Whether either answer, after its prompt, is a near-duplicate of a held-out conversation."""
    texts = [transcripts_of(turns)["transcript"] for turns in held]
    whole = [pl.format("{}\n{}", "prompt", side).fill_null("") for side in _SIDES[1:]]
    texts += [rows.select(one.alias("transcript")).to_series() for one in whole]
    cluster = near_duplicates(pl.concat(texts), params.near_duplicates)
    edges = np.cumsum([len(some) for some in texts])[:-1]
    test, validation, *answers = np.split(cluster, edges)
    return {
        name: np.isin(answers[0], theirs) | np.isin(answers[1], theirs)
        for name, theirs in ((TWIN_OF_TEST, test), (TWIN_OF_VALIDATION, validation))
    }
