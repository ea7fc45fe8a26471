"""Where conversations come from, and how their records are understood.

- {path: logs/*.csv, columns: {question: asked, answer: said}}
"""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from chatloop.conversation import Role
from chatloop.params.data import Section, Seed
from chatloop.params.feedback import FeedbackParams


class Columns(Section):
    """What the columns of a table are: a row a question and its answer, or a row a turn."""

    question: str | None = None
    answer: str | None = None
    system: str | None = None
    conversation: str | None = None
    role: str | None = None
    content: str | None = None
    turn: str | None = None
    id: str | None = None
    topic: str | None = None

    @model_validator(mode="after")
    def _one_layout(self) -> Self:
        pair, turns = (self.question, self.answer), (self.conversation, self.role, self.content)
        if not ((all(pair) and not any(turns)) or (all(turns) and not any(pair))):
            raise ValueError("name question and answer, or conversation, role and content")
        if any(turns) and (self.system or self.id):
            raise ValueError("system and id go with question and answer")
        if self.turn and not any(turns):
            raise ValueError("turn goes with conversation, role and content")
        return self


class Source(Section):
    """Where conversations come from. `path: builtin` names the corpus that comes with chatloop,
    `path: feedback` the snapshot of feedback.

    With a `revision` (a commit, 40 hex digits) the path is the id of a hub data set; `subset` and
    `split` belong to it. `licence` is for the model card; `encoding` that of files which are no
    UTF-8, as Python calls it. The others say how records are
    understood, see docs/data.md.
    """

    path: str = Field(min_length=1)
    format: str | None = None
    speakers: dict[str, Role] = Field(default_factory=dict)
    columns: Columns | None = None
    paths: Literal["best", "all"] = "best"
    weights: Literal["refuse", "ignore"] = "refuse"
    tools: Literal["refuse", "skip"] = "refuse"
    thumbs: Literal["judge", "teach"] = "judge"
    corrections: Literal["judge", "teach"] = "teach"
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    subset: str | None = None
    split: str | None = None
    licence: str | None = None
    encoding: str | None = None

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        try:
            "".encode(value or "utf-8")
        except LookupError as error:
            raise ValueError("no such text encoding; a CSV file of Excel's is cp1252") from error
        return value

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        if self.revision is None and (self.subset or self.split):
            raise ValueError("subset and split belong to a hub data set; give its revision too")
        return self


class Builtin(Section):
    """Size and seed of the built-in corpus."""

    conversations: int = Field(ge=50, le=1_000_000)
    seed: Seed


class IngestParams(Section):
    """What is read, and what of feedback is believed."""

    sources: tuple[Source, ...]
    builtin: Builtin
    feedback: FeedbackParams = FeedbackParams()

    @field_validator("sources", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        """A path alone, an entry alone or a list of either: all become a tuple of entries."""
        entries = value if isinstance(value, list | tuple) else [value]
        if not entries:
            raise ValueError("name at least one source; `path: builtin` is the built-in corpus")
        return tuple({"path": entry} if isinstance(entry, str) else entry for entry in entries)
