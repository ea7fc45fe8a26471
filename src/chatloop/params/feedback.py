"""How far feedback is believed: ingest.feedback, see docs/feedback.md.

params.ingest.feedback.caps.phrase  →  8
"""

from pydantic import Field

from chatloop.params.data import NearDuplicates, Positive, Section, Seed


class OpinionCaps(Section):
    """At most so many rows that nobody looked at, in absolute numbers: of one caller, of a caller
    on a day, on a day, of a cluster of near-twins, with one phrase that is not the data's own."""

    identity: Positive = 1000
    identity_day: Positive = 100
    day: Positive = 2000
    cluster: Positive = 8
    phrase: Positive = 8


class Sudden(Section):
    """A day is sudden with more rows than `factor` times the median of the days before it, and
    more than `min_rows`; where there are `history_days` of them at least."""

    history_days: Positive = 5
    factor: float = Field(default=3.0, gt=1.0)
    min_rows: Positive = 30


class Lift(Section):
    """Phrases of up to `words` words are held against a sample of the other sources' turns.

    A phrase is lifted that they do not have at all, or whose log-odds ratio (Monroe et al. 2008)
    is at least the logarithm of `min_odds`, by `min_z` standard deviations.
    """

    words: int = Field(default=3, ge=1, le=5)
    min_odds: float = Field(default=8.0, gt=1.0)
    min_z: float = Field(default=2.0, gt=0.0)
    sample: int = Field(default=20_000, ge=100)


class FeedbackParams(Section):
    """Guards against poison, and the share of feedback that only measures."""

    caps: OpinionCaps = OpinionCaps()
    near_duplicates: NearDuplicates = NearDuplicates(
        threshold=0.7, permutations=128, shingle_words=2, seed=1
    )
    sudden: Sudden = Sudden()
    lift: Lift = Lift()
    held_out_share: float = Field(default=0.1, ge=0.0, lt=1.0)
    seed: Seed = 7
