"""What an answer comes from: a version with its template, and the engine that runs it.

async for piece in model.stream(model.prompt(messages), Sampling(max_tokens=64)):
    Piece(text="It left", tokens=(Token(412, " left", -0.2, ()),), finish=None)
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from chatloop.conversation import Message

Finish = Literal["stop", "length"]


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn, each setting with its own meaning (OpenAI's API; Hugging Face's).

    `temperature` 0 is greedy; `top_k` 0, `top_p` 1 and `min_p` 0 leave all tokens in. The presence
    and frequency penalties are subtracted from logits of tokens that the answer already has (once,
    and once a time); `repetition_penalty` divides or multiplies those of prompt and answer.
    `top_logprobs` is None where none are asked for; 0 gives the drawn token's alone.
    """

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repetition_penalty: float = 1.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    seed: int | None = None
    top_logprobs: int | None = None


@dataclass(frozen=True)
class Token:
    """A drawn token: its id, its own text, ln p, and the likeliest ones as (id, text, ln p)."""

    id: int
    text: str
    logprob: float | None
    top: tuple[tuple[int, str, float], ...] = ()


@dataclass(frozen=True)
class Piece:
    """What is new of an answer: whole characters, and never a part of a stop string.

    `tokens` are those that it took, also where they show nothing yet; `finish` is on the last only.
    """

    text: str
    tokens: tuple[Token, ...]
    finish: Finish | None


class Model(Protocol):
    """A loaded version. Closing the iterator of `stream` early frees its slot in the engine."""

    version: str  # "3", a folder's name for a model that is in no registry
    fingerprint: str  # of version and template: what `system_fingerprint` says
    context: int  # tokens that prompt and answer have together
    defaults: Sampling  # the version's own generation settings

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Ids up to where the assistant speaks, by the renderer that trained the version."""
        ...

    def encode(self, text: str) -> list[int]:
        """Ids of bare text, for completions."""
        ...

    def stream(self, prompt: Sequence[int], sampling: Sampling) -> AsyncIterator[Piece]:
        """The answer as it comes; the same seed gives the same answer."""
        ...


class Models(Protocol):
    """The versions that are loaded: the one that the alias names, and what shares its traffic."""

    def choose(self, share_key: str) -> Model:
        """Who answers: the same key meets the same version for as long as the shares stay.

        Raises:
            chatloop.serve.model.NoModelError: none is loaded; the message says what to run.
        """
        ...

    def named(self, name: str) -> Model | None:
        """The loaded version of that name ("chatloop", "chatloop@3", "champion"); else None."""
        ...

    def names(self) -> Sequence[str]:
        """What `/v1/models` lists, the default first."""
        ...


class NoModelError(Exception):
    """Nothing can answer yet: the message is the reason and the command to run."""
