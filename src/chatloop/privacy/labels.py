"""Personal data out of what a conversation is called and said to be about.

    anna@example.org-17      →  redacted-6c1f0e…     (the same id, the same hash, in every run)
    ["refund, Anna Berg"]    →  ["refund, [PERSON]"]

Topics are shared by conversations, so that their placeholders have no numbers. What feedback is
called is made by chatloop, of random numbers, and stays, whatever kind of value one of them looks
like: by it a model's version knows what it learned.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import polars as pl

from chatloop.privacy.policy import NO_POLICY, Finding, Policy
from chatloop.privacy.redaction import values_in

_BYTES = 16
_FEEDBACK = re.compile(r"feedback/[\w.-]{1,64}/chatcmpl-[0-9a-f]{32}/fb-[0-9a-f]{24}")


class Labelled(NamedTuple):
    """The turns, how many ids were changed, and which topics, as they were."""

    turns: pl.DataFrame
    ids: int
    topics: frozenset[str]


def redact_labels(
    turns: pl.DataFrame, kinds: Sequence[str], policy: Policy = NO_POLICY
) -> Labelled:
    """The same turns, no personal data of these kinds in conversation_id and topics.

    Different ids stay different.

    Raises:
        UserError: a kind is not known, or a pattern of the user's is none.
    """
    ids = turns["conversation_id"].unique().sort()
    topics = turns["topics"].explode(empty_as_null=True).drop_nulls().unique().sort()
    # To ask costs some time, however few the texts are: both kinds of label at once.
    labels, count = pl.concat([ids.rename("label"), topics.rename("label")]), ids.len()
    found = values_in(labels, kinds, policy)
    named = [labels[row] for row in found if row < count]
    safe = {name: _hashed(name) for name in named if not _FEEDBACK.fullmatch(name)}
    private = {
        labels[row]: _without(labels[row], values) for row, values in found.items() if row >= count
    }
    changed = turns.with_columns(
        pl.col("conversation_id").replace(safe) if safe else pl.col("conversation_id"),
        pl.col("topics").list.eval(pl.element().replace(private)) if private else pl.col("topics"),
    )
    assert changed["conversation_id"].n_unique() == ids.len(), "two conversations got one id"
    return Labelled(changed, len(safe), frozenset(private))


def _without(text: str, values: Sequence[Finding]) -> str:
    """The text with a placeholder for each value."""
    pieces, position = [], 0
    for start, end, detector in values:
        pieces += [text[position:start], f"[{detector.kind.upper()}]"]
        position = end
    return "".join([*pieces, text[position:]])


def _hashed(name: str) -> str:
    return f"redacted-{blake2b(name.encode(), digest_size=_BYTES).hexdigest()}"
