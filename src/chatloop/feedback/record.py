"""An answer that was served, and what somebody said about it: what the store keeps.

Feedback("fb-01J…", "chatcmpl-9f…", "up", None, None, (), "h:5e1c…", "api", 1782000000.0, None)
"""

from dataclasses import dataclass
from typing import Literal

from chatloop.conversation import Message

Rating = Literal["up", "down"]


@dataclass(frozen=True)
class Exchange:
    """One served completion. `messages` and `answer` are there only where storing was asked for.

    Texts are redacted before they come here. `caller` is a keyed hash of who asked; `source` is
    where it came in ("api", "page", "slack", …) and `external_id` that framework's response id.
    """

    id: str  # "chatcmpl-…", as the caller got it
    version: str
    fingerprint: str
    caller: str
    source: str
    created: float  # seconds since 1970, UTC
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    finish: str
    session: str | None = None
    external_id: str | None = None
    messages: tuple[Message, ...] | None = None
    answer: str | None = None


@dataclass(frozen=True)
class Feedback:
    """One opinion on one exchange: a thumb, a correction, or both. Never changed, only added to.

    `caller` is a keyed hash; a second opinion of the same caller on the same exchange counts
    instead of the first, and both are kept. Texts are redacted before they come here.
    """

    id: str
    exchange_id: str
    rating: Rating | None
    correction: str | None
    comment: str | None
    tags: tuple[str, ...]
    caller: str
    source: str
    created: float
    idempotency_key: str | None
