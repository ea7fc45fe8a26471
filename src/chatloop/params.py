"""Every number a user may turn, typed and strict: one section a stage, of the same name.

params.train.learning_rate  →  0.001
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from chatloop.privacy.kinds import Kind

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Section(BaseModel):
    """Frozen; no key but the declared ones; a number stays a number and a text a text."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Source(Section):
    """Where conversations come from. `path: builtin` names the corpus that comes with chatloop."""

    path: str = Field(min_length=1)
    format: str | None = None


class Builtin(Section):
    """Size and seed of the built-in corpus."""

    conversations: int = Field(ge=50, le=1_000_000)
    seed: Seed


class IngestParams(Section):
    """What is read."""

    sources: tuple[Source, ...]
    builtin: Builtin

    @field_validator("sources", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        """A path alone, an entry alone or a list of either: all become a tuple of entries."""
        entries = value if isinstance(value, list | tuple) else [value]
        if not entries:
            raise ValueError("name at least one source; `path: builtin` is the built-in corpus")
        return tuple({"path": entry} if isinstance(entry, str) else entry for entry in entries)


class Boilerplate(Section):
    """A line seen in at least so many conversations, with at least so many words, is removed."""

    min_conversations: int = Field(ge=2)
    min_words: Positive


class NearDuplicates(Section):
    """MinHash over word shingles; Jaccard similarity at or above `threshold` is a twin."""

    threshold: float = Field(gt=0.0, le=1.0)
    permutations: int = Field(ge=16, le=1024)
    shingle_words: int = Field(ge=1, le=10)
    seed: Seed


class Allow(Section):
    """What is never redacted: values, whatever their kind, and the domains of e-mail addresses."""

    values: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()

    @field_validator("values", "domains", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


class CleanParams(Section):
    """What is repaired, rejected and redacted."""

    max_turn_chars: Positive
    scripts: tuple[str, ...] = Field(min_length=1)
    max_other_script_share: Share
    boilerplate: Boilerplate
    near_duplicates: NearDuplicates
    redact: tuple[Kind, ...]
    patterns: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], str] = {}
    allow: Allow = Allow()
    keep_mapping: bool = False
    presidio: str | None = None

    @field_validator("scripts", "redact", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


class Bounds(Section):
    """From `min` to `max`, both included."""

    min: int = Field(ge=0)
    max: int = Field(ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class ValidateParams(Section):
    """What the data must be like before anything is trained on it."""

    min_conversations: Positive
    max_quarantined_share: Share
    max_rejected_share: Share
    topics: Bounds
    turn_chars: Bounds


class SplitParams(Section):
    """Shares of conversations, twins together; what is left is for training."""

    validation_share: float = Field(gt=0.0, lt=0.5)
    test_share: float = Field(gt=0.0, lt=0.5)
    near_duplicates: NearDuplicates
    seed: Seed


class Tiny(Section):
    """Shape of the embedded base model; `width` in floats, `context` in tokens."""

    vocab_size: int = Field(ge=300, le=65_536)
    layers: int = Field(ge=1, le=48)
    width: int = Field(ge=16, le=4096)
    heads: int = Field(ge=1, le=64)
    context: int = Field(ge=32, le=32_768)
    seed: Seed

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} is not a multiple of twice heads {self.heads}")
        return self


class BaseParams(Section):
    """A hub id at a pinned revision, a local folder, or `tiny`."""

    model: str = Field(min_length=1)
    revision: str | None = Field(pattern=r"^[0-9a-f]{40}$")
    tiny: Tiny


class TokenizeParams(Section):
    """How conversations become packed rows."""

    context: int = Field(ge=32, le=1_048_576)
    too_long: Literal["split", "drop"]


class TrainParams(Section):
    """The loop. `learning_rate` is the peak; warm-up is linear, decay is a cosine to a tenth."""

    epochs: float = Field(gt=0.0, le=1000.0)
    batch_rows: Positive
    learning_rate: float = Field(gt=0.0, lt=1.0)
    warmup_share: Share
    weight_decay: float = Field(ge=0.0, lt=1.0)
    clip_norm: float = Field(gt=0.0)
    evaluate_every: Positive
    device: Literal["auto", "cpu", "cuda"]
    threads: int = Field(ge=1, le=256)
    seed: Seed


class ChampionParams(Section):
    """The registered model whose champion a candidate is judged against."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")


class EvaluateParams(Section):
    """How much is scored at a time and how much is written out."""

    batch_rows: Positive
    generations: int = Field(ge=0)
    max_new_tokens: Positive
    threads: int = Field(ge=1, le=256)


class GateParams(Section):
    """When a candidate is better, worse, or not yet known."""

    confidence: float = Field(gt=0.5, lt=1.0)
    resamples: int = Field(ge=100, le=1_000_000)
    min_conversations: Positive
    min_slice: Positive
    seed: Seed


class Params(Section):
    """All of params.yaml; a section carries the name of its stage."""

    ingest: IngestParams
    clean: CleanParams
    validate_: ValidateParams = Field(alias="validate")
    split: SplitParams
    base: BaseParams
    tokenize: TokenizeParams
    train: TrainParams
    champion: ChampionParams
    evaluate: EvaluateParams
    gate: GateParams
