"""Every number a user may turn, typed and strict: one section a stage, of the same name.

params.train.learning_rate  →  0.001
"""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from chatloop.params.align import AlignParams
from chatloop.params.data import (
    Adapter,
    Allow,
    Boilerplate,
    Bounds,
    Canaries,
    Caps,
    Contamination,
    Drift,
    NearDuplicates,
    OwnName,
    Positive,
    Preference,
    RepairName,
    Repetition,
    RuleName,
    Section,
    Seed,
    Several,
    Share,
    Weights,
)
from chatloop.params.evaluate import EvaluateParams
from chatloop.params.operating import MonitorParams, NotifyParams
from chatloop.params.serving import ServeParams
from chatloop.params.sources import IngestParams
from chatloop.privacy.kinds import Kind


class CleanParams(Section):
    """What is repaired, rejected and redacted. `own_rules` maps a name to an SQL expression."""

    repairs: Several[RepairName]
    rules: Several[RuleName]
    own_rules: dict[OwnName, str]
    min_said: Positive
    max_turn_chars: Positive
    scripts: tuple[str, ...] = Field(min_length=1)
    max_other_script_share: Share
    languages: Several[str] = Field(min_length=1)
    repetition: Repetition
    boilerplate: Boilerplate
    near_duplicates: NearDuplicates
    redact: tuple[Kind, ...]
    patterns: dict[OwnName, str]
    allow: Allow
    keep_mapping: bool
    presidio: str | None

    @field_validator("scripts", "redact", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


class ProfileParams(Section):
    """What is remarked on: rare and dominant are shares of the conversations.

    `topics` are those that should be there; `clusters` is how many are looked for without any.
    """

    clusters: int = Field(ge=1, le=200)
    topics: Several[str]
    rare_share: Share
    dominant_share: Share
    seed: Seed


class ValidateParams(Section):
    """What the data must be like before anything is trained on it."""

    min_conversations: Positive
    max_quarantined_share: Share
    max_rejected_share: Share
    topics: Bounds
    turn_chars: Bounds
    drift: Drift


class SplitParams(Section):
    """Shares of conversations, twins together; what is left is for training."""

    validation_share: float = Field(gt=0.0, lt=0.5)
    test_share: float = Field(gt=0.0, lt=0.5)
    near_duplicates: NearDuplicates
    exchanges: NearDuplicates
    contamination: Contamination
    caps: Caps
    weights: Weights
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
    """A hub id at a pinned revision, a local folder, or `tiny`.

    `template` names a built-in chat template or a file; null is the base's own.
    """

    model: str = Field(min_length=1)
    revision: str | None = Field(pattern=r"^[0-9a-f]{40}$")
    template: str | None = Field(default=None, min_length=1)
    tiny: Tiny


class TokenizeParams(Section):
    """How conversations become packed rows, and whether secrets are planted among them."""

    context: int = Field(ge=32, le=1_048_576)
    too_long: Literal["split", "drop"]
    max_lost_answer_share: Share
    canaries: Canaries | None = None


class TrainParams(Section):
    """The loop. `learning_rate` is the peak, after a linear warm-up; `patience` counts evaluations
    without a better one."""

    epochs: float = Field(gt=0.0, le=1000.0)
    batch_rows: Positive
    rows_at_once: Positive
    optimizer: Literal["adamw", "muon"]
    learning_rate: float = Field(gt=0.0, lt=1.0)
    schedule: Literal["cosine", "linear", "wsd"]
    warmup_share: Share
    weight_decay: float = Field(ge=0.0, lt=1.0)
    clip_norm: float = Field(gt=0.0)
    supervise: Literal["all", "last"] = "all"
    evaluate_every: Positive
    patience: Positive | None = None
    checkpoint_every: Positive
    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    compile: Literal["auto"] | bool = "auto"
    recompute: bool = False
    devices: Literal["auto"] | Positive = 1
    parallel: Literal["ddp", "fsdp"] = "ddp"
    threads: int = Field(ge=1, le=256)
    seed: Seed
    adapter: Adapter | None = None
    freeze: Several[str] = ()

    @model_validator(mode="after")
    def _adapters_learn_with_adamw(self) -> Self:
        if self.adapter and self.optimizer == "muon":
            raise ValueError(
                "optimizer muon is for whole matrices, not for the thin ones of an adapter; "
                "set optimizer: adamw, and a learning_rate such as 2.0e-4"
            )
        return self


class ChampionParams(Section):
    """The registered model whose champion a candidate is judged against."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")


class Noise(Section):
    """What another seed alone changes: standard deviations between equal trainings, of bits per
    byte overall and in a slice; `guarded` is how far a guarded mean may fall."""

    overall: float = Field(ge=0.0)
    slice: float = Field(ge=0.0)
    guarded: Share


class GateParams(Section):
    """When a candidate is better, worse, or not yet known.

    `max_exposure` in bits, `max_forgetting` in bits per byte, `min_speed_share` of the champion's.
    """

    confidence: float = Field(gt=0.5, lt=1.0)
    resamples: int = Field(ge=100, le=1_000_000)
    min_conversations: Positive
    min_slice: Positive
    noise: Noise
    max_exposure: float = Field(ge=0.0)
    max_extracted_share: Share
    max_forgetting: float = Field(ge=0.0)
    min_speed_share: float = Field(ge=0.0, le=10.0)
    seed: Seed
    preference: Preference = Preference()


class Params(Section):
    """All of params.yaml; a section carries the name of its stage, the last ones have none."""

    ingest: IngestParams
    clean: CleanParams
    profile: ProfileParams
    validate_: ValidateParams = Field(alias="validate")
    split: SplitParams
    base: BaseParams
    tokenize: TokenizeParams
    train: TrainParams
    align: AlignParams
    champion: ChampionParams
    evaluate: EvaluateParams
    gate: GateParams
    serve: ServeParams
    monitor: MonitorParams
    notify: NotifyParams
