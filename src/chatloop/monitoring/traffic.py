"""What the monitor asks of the store of served answers; the store is somewhere else.

A summary a question, each answered by the database itself: nobody reads a million texts.
"""

from collections.abc import Sequence
from typing import Protocol

from chatloop.monitoring.thumbs import Votes


class Traffic(Protocol):
    """Summaries of the store; moments in seconds since 1970, UTC."""

    def prompts(self, newest: int) -> Sequence[tuple[str, str]]:
        """(caller, what the user said last) of the newest exchanges that kept their texts."""

    def votes(self, version: str, since: float) -> tuple[Sequence[Votes], Sequence[Votes]]:
        """Thumbs on a version's answers by caller: given from `since` on, and before."""

    def opinions(self, since: float, after: int, per_caller: int) -> int:
        """Answers with feedback numbered above `after` and given from `since` on; of one caller at
        most so many count."""
