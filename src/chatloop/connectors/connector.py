"""What a connector is: a name, options, the secrets that prove its caller, and a router.

Connector("slack", SlackOptions, ("CHATLOOP_SLACK_SIGNING_SECRET",), router)
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import APIRouter

from chatloop.connectors.complete import Complete
from chatloop.feedback.record import Rating
from chatloop.params.data import Section
from chatloop.params.serving import HistoryParams


class RecordFeedback(Protocol):
    """Keeps an opinion on the exchange that a framework knows by `external_id`."""

    async def __call__(
        self,
        external_id: str,
        rating: Rating,
        caller: str,
        source: str,
        *,
        comment: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> bool:
        """Whether such an exchange is known. `caller` is the framework's id of who said it, in
        the clear: whoever keeps it hashes it."""
        ...


def _nobody_counts(source: str, reason: str) -> None:
    """Where no metrics are kept."""


@dataclass(frozen=True)
class Seams:
    """What a connector is given of the server. `count_fallback` takes source and reason of an
    answer that a connector had to give for itself; `now` gives seconds since 1970."""

    complete: Complete
    record_feedback: RecordFeedback
    count_fallback: Callable[[str, str], None] = _nobody_counts
    now: Callable[[], float] = time.time


@dataclass(frozen=True)
class Setting:
    """One connector's own part: its checked options, and of its secrets those that are set.

    Without any secret the server is bound to loopback, and every caller is let in.
    """

    options: Section
    seams: Seams
    secrets: Mapping[str, str]
    history: HistoryParams = field(default_factory=HistoryParams)


@dataclass(frozen=True)
class Connector:
    """A chat framework. Any one of `secrets` (environment variables) proves the caller, and all of
    `needs` have to be set besides, on loopback, too."""

    name: str
    options: type[Section]
    secrets: tuple[str, ...]
    router: Callable[[Setting], APIRouter]
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()  # further variables that it looks at
