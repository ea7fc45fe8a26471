"""The one thing that a chat framework needs of us: an answer to a conversation, in time.

await complete("slack:C01:1782…", messages, deadline=2.5, source="slack", external_id="Ev01…")
    →  Reply("It left us today.", "chatcmpl-9f…", "3", False)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chatloop.conversation import Message


@dataclass(frozen=True)
class Reply:
    """What to say. `fallback`: the model had no answer in time, so this is the safe sentence."""

    text: str
    exchange_id: str | None
    version: str | None
    fallback: bool


class Complete(Protocol):
    """Answers within `deadline` seconds, with the safe sentence where the model cannot."""

    async def __call__(
        self,
        session: str,
        messages: Sequence[Message],
        deadline: float,
        *,
        source: str,
        external_id: str | None = None,
    ) -> Reply:
        """Never raises for a slow, full or missing model: that is a fallback, counted by reason.

        `session` is the framework's own conversation, `external_id` its id of this response: both
        are kept with the exchange, so that feedback which names them can be joined.
        """
        ...
