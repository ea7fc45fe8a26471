"""Sections that belong to no stage: when to retrain without being told, and who hears of it.

params.monitor.budget.runs_a_day  →  2

No stage reads them, so that changing them makes nothing stale.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from chatloop.params.data import Positive, Section, Several, Share

Outcome = Literal["promoted", "held", "rejected", "nothing_new", "failed", "needs_data"]
BlockName = Annotated[str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")]


class PromptDrift(Section):
    """The newest `window` prompts, at least `min_prompts`, against what users say in training."""

    window: int = Field(ge=10, le=100_000)
    min_prompts: Positive
    max_population_stability_index: float = Field(gt=0.0)
    max_jensen_shannon_divergence: float = Field(gt=0.0, le=1.0)


class Thumbs(Section):
    """The last `window_days` against the time before, `min_thumbs` on both sides.

    A one-sided two-proportion z-test at `significance`, and a fall of a share by `min_fall`.
    """

    window_days: float = Field(gt=0.0, le=365.0)
    min_thumbs: int = Field(ge=5)
    min_fall: Share
    significance: float = Field(gt=0.0, lt=0.5)


class Budget(Section):
    """At most so many retrainings, and so many minutes of them, in 24 hours."""

    runs_a_day: Positive
    minutes_a_day: float = Field(gt=0.0)


class MonitorParams(Section):
    """What makes a retraining due. `feedback`: opinions since the last one; null: no reason.

    `per_caller`: of one caller, at most so many opinions, thumbs and prompts count.
    """

    feedback: Positive | None
    sources: bool
    drift: PromptDrift | None
    thumbs: Thumbs | None
    per_caller: Positive
    cool_down_hours: float = Field(ge=0.0, le=8760.0)
    budget: Budget


class NotifyParams(Section):
    """Prefect notification blocks by `type/name`, and the outcomes that they are told of.

    `report`: a link in the message; `{run_id}` and `{version}` are filled in.
    """

    blocks: Several[BlockName]
    outcomes: Several[Outcome]
    report: str | None

    @field_validator("report")
    @classmethod
    def _fills_in(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                value.format(run_id="", version="")
            except (KeyError, IndexError, ValueError) as error:
                raise ValueError("only {run_id} and {version} can be filled in") from error
        return value
