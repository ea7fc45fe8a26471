"""Sections of params.yaml on what a model knows by heart, gives away and forgets.

params.tokenize.canaries.repeats  →  (1, 5, 20, 50)
"""

from pydantic import Field

from chatloop.params.data import Positive, Section, Seed, Several, Share
from chatloop.privacy.kinds import Kind


class Canaries(Section):
    """`each` random secrets of so many digits for every number of repeats."""

    repeats: Several[Positive] = Field(min_length=1)
    each: Positive
    digits: int = Field(ge=3, le=12)
    seed: Seed


class Spans(Section):
    """Training answers, `count` of them: `prefix` tokens are shown, what follows is asked for, up
    to `tokens` and at least `least` of them."""

    count: Positive
    prefix: Positive
    tokens: Positive
    least: Positive


class Asked(Section):
    """Prompts, answered greedily and sampled; kinds of personal data in answers, all if null."""

    prompts: Positive
    max_new_tokens: Positive
    temperature: float = Field(gt=0.0, le=10.0)
    kinds: Several[Kind] | None


class ProbeParams(Section):
    """What is tried on a candidate. `references` is how many other secrets a canary is ranked
    among; a model that needs `blank_share` of the bits of a blind guess, or more, knows nothing."""

    references: int = Field(ge=20, le=1_000_000)
    spans: Spans
    personal: Asked
    blank_share: Share
    batch_rows: Positive
    threads: int = Field(ge=1, le=256)
    seed: Seed


class SpeedParams(Section):
    """Rounds in which each model answers each of the prompts with so many tokens."""

    prompts: Positive
    new_tokens: int = Field(ge=2)
    rounds: Positive
    threads: int = Field(ge=1, le=256)
