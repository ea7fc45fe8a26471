"""What runs a model: ids and settings in, tokens out as they are drawn.

async for draw in engine.stream([1, 403, 407], Sampling(max_tokens=8), frozenset({2})):
    Draw(id=412, logprob=-0.2, top=((412, -0.2), (9, -1.9)))
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from chatloop.serve.engines.rows.drafting import Drafts, Trust
from chatloop.serve.model import Sampling

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Draw:
    """A token; ln p and the likeliest ones as (id, ln p), of the model's own distribution, where
    they were asked for."""

    id: int
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] = ()


class Engine(Protocol):
    """Runs many streams at once; each has a slot from when it begins until it ends or is closed."""

    slots: int  # streams that run together; more of them wait

    @property
    def active(self) -> int:
        """Slots that are taken."""
        ...

    @property
    def waiting(self) -> int:
        """Streams that have no slot yet."""
        ...

    def stream(
        self, prompt: Sequence[int], sampling: Sampling, ends: frozenset[int]
    ) -> AsyncIterator[Draw]:
        """Tokens up to and with one of `ends`, or `sampling.max_tokens` of them.

        Closing the iterator early frees the slot with the step that runs.
        """
        ...

    def close(self) -> None:
        """Ends: streams that still run are broken off, and what was loaded is let go."""
        ...


@dataclass(frozen=True)
class Part:
    """What a row reads: ids from place `start` on, what was there forgotten; and how many of the
    last ones it wants logits after. With `likeliest` the largest has to be exact, no other."""

    row: int
    start: int
    ids: tuple[int, ...]
    asked: int = 1
    likeliest: bool = False


class Decoder(Protocol):
    """A model that keeps what each of its rows has read. Not for several threads at a time."""

    rows: int

    def read(self, parts: Sequence[Part]) -> list[Logits]:
        """Read parts of rows that stand beside each other, in their order.

        Returns:
            For each part, logits (asked, vocabulary).
        """
        ...

    def move(self, source: int, target: int, length: int) -> None:
        """The ids that one row has read, another has read as well."""
        ...


@runtime_checkable
class Rewinding(Decoder, Protocol):
    """One that can go back in a row to any place, and begin a row with what another had read."""

    def keep(self, row: int, length: int) -> Any:
        """A copy of what a row has read, which says how many `bytes` it takes."""
        ...

    def put(self, kept: Any, row: int, length: int) -> None:
        """Begin a row with the first ids of a copy."""
        ...


@runtime_checkable
class Glancing(Rewinding, Protocol):
    """One with a quicker copy of its model, which says about the same."""

    ahead: int  # rows up to which asking the copy first is worth its time; 0 is never

    def glance(self, parts: Sequence[Part]) -> list[Logits]:
        """As `read`, by the copy; what stands in these places is to be read again."""
        ...


@dataclass(eq=False)
class Ticket:
    """A stream that waits or runs: what it asked for, what it has drawn, and who listens."""

    prompt: tuple[int, ...]
    sampling: Sampling
    ends: frozenset[int]
    sampler: Any
    loop: asyncio.AbstractEventLoop
    queue: "asyncio.Queue[Draw | Exception | None]"
    drafts: Drafts
    glances: Trust = field(default_factory=Trust)
    drawn: list[int] = field(default_factory=list)
    read: int = 0  # ids of prompt and answer that its row has read
    left: bool = False

    @property
    def ids(self) -> tuple[int, ...]:
        """Prompt and answer so far."""
        return (*self.prompt, *self.drawn)

    def take(self, token: int) -> None:
        """One more token of the answer."""
        self.drawn.append(token)
        self.drafts.add(token)

    @property
    def done(self) -> bool:
        """Whether the last token is the last."""
        return len(self.drawn) >= self.sampling.max_tokens or (
            bool(self.drawn) and self.drawn[-1] in self.ends
        )

    @property
    def plain(self) -> bool:
        """Greedy, and nothing is done to the logits or said about them."""
        return self.sampling.top_logprobs is None and is_plain(self.sampling)


def is_plain(sampling: Sampling) -> bool:
    """Whether the likeliest token is taken as the model has it."""
    return (
        sampling.temperature == 0.0
        and not sampling.logit_bias
        and sampling.presence_penalty == sampling.frequency_penalty == 0.0
        and sampling.repetition_penalty == 1.0
    )
