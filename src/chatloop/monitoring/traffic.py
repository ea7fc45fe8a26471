"""What the monitor asks of the store of served answers; the store is somewhere else.

A summary a question, each answered by the database itself: nobody reads a million texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chatloop.monitoring.thumbs import Votes


@dataclass(frozen=True)
class Opinions:
    """Of each caller and answer the latest; `waiting` are in quarantine, for a person."""

    new: int
    waiting: int


class Traffic(Protocol):
    """Summaries of the store; moments in seconds since 1970, UTC."""

    def exchanges(self) -> int:
        """Answers that were served and kept."""

    def prompts(self, newest: int) -> Sequence[tuple[str, str]]:
        """(caller, what the user said last) of the newest exchanges that kept their texts."""

    def votes(self, version: str, since: float) -> tuple[Sequence[Votes], Sequence[Votes]]:
        """Thumbs on a version's answers by caller: given from `since` on, and before."""

    def opinions(self, since: float) -> Opinions:
        """Feedback given from `since` on."""
