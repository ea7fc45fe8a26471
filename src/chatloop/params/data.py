"""Parts of params.yaml that describe data, others that sections share, and what every section is.

params.clean.rules  →  ("empty_turn", "roles_out_of_order", …)
"""

from typing import Annotated, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]

_T = TypeVar("_T")
# A list in YAML; a value that nobody can change in Python.
Several = Annotated[
    tuple[_T, ...],
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
]

# In the order in which they are asked: a repair sees what the ones before it left.
RepairName = Literal[
    "encoding_repaired",
    "html_removed",
    "invisible_removed",
    "unicode_normalized",
    "whitespace_collapsed",
    "boilerplate_removed",
    "roles_mended",
    "turns_merged",
    "exchange_trimmed",
]
REPAIR_NAMES: tuple[RepairName, ...] = get_args(RepairName)
# The first that hits is the reason.
RuleName = Literal[
    "empty_turn",
    "roles_out_of_order",
    "answer_missing",
    "almost_empty",
    "broken_encoding",
    "wrong_script",
    "too_long",
    "too_repetitive",
    "only_links_or_code",
    "refusal",
    "wrong_language",
    "duplicate",
    "near_duplicate",
]
RULE_NAMES: tuple[RuleName, ...] = get_args(RuleName)
OwnName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Section(BaseModel):
    """Frozen; no key but the declared ones; a number stays a number and a text a text."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Preference(Section):
    """When held-out judged answers decide: from how many prompts on, and how many bits per byte a
    gain may cost. `noise` is the standard deviation, in nats an answer, that another seed makes."""

    min_rows: Positive = 30
    max_bits_per_byte_loss: float = Field(default=0.02, ge=0.0)
    noise: float = Field(default=0.3, ge=0.0)


class Boilerplate(Section):
    """A line seen in at least so many conversations, with at least so many words, is removed."""

    min_conversations: int = Field(ge=2)
    min_words: Positive


class Repetition(Section):
    """A turn of so many words or more needs this share of different ones."""

    min_words: int = Field(ge=4)
    min_distinct_share: Share


class NearDuplicates(Section):
    """MinHash over word shingles; Jaccard similarity at or above `threshold` is a twin."""

    threshold: float = Field(gt=0.0, le=1.0)
    permutations: int = Field(ge=16, le=1024)
    shingle_words: int = Field(ge=1, le=10)
    seed: Seed


class Contamination(Section):
    """A held-out text is known when so much of it, in shingles, stands in the training data."""

    shingle_words: int = Field(ge=2, le=50)
    min_overlap: float = Field(gt=0.0, le=1.0)
    max_share: Share


class Caps(Section):
    """At most so many training conversations of a source, of a topic."""

    sources: dict[str, Positive]
    topics: dict[str, Positive]


class Weights(Section):
    """So large a share of a source's, a topic's training conversations is used; 1 without one."""

    sources: dict[str, Share]
    topics: dict[str, Share]


class Drift(Section):
    """The largest distance from the last accepted data set, and what a larger one does."""

    action: Literal["warn", "stop"]
    max_population_stability_index: float = Field(gt=0.0)
    max_jensen_shannon_divergence: float = Field(gt=0.0, le=1.0)


class Bounds(Section):
    """From `min` to `max`, both included."""

    min: int = Field(ge=0)
    max: int = Field(ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class Allow(Section):
    """What is never redacted: values, whatever their kind, and the domains of e-mail addresses."""

    values: Several[str]
    domains: Several[str]


class Canaries(Section):
    """`each` random secrets of so many digits for every number of repeats."""

    repeats: Several[Positive] = Field(min_length=1)
    each: Positive
    digits: int = Field(ge=3, le=12)
    seed: Seed


class Adapter(Section):
    """Low-rank adapters beside frozen weights: LoRA (Hu et al. 2021), or QLoRA (Dettmers et al.
    2023), which holds the frozen weights in 4 bits. `rank_stabilized`: Kalajdzievski 2023.
    """

    kind: Literal["lora", "qlora"] = "lora"
    rank: int = Field(default=16, ge=1, le=1024)
    alpha: float = Field(default=32.0, gt=0.0, le=4096.0)
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    target: Literal["all-linear"] | Several[str] = "all-linear"
    rank_stabilized: bool = False
