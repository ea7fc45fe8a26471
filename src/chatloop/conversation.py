"""One conversation, the value that every format is parsed to.

Conversation("shop-00001", (Message("user", "Where is #48213?"),
                            Message("assistant", "It left us today.")), ("order_status",))
"""

from dataclasses import dataclass
from typing import Literal, TypedDict, get_args

Role = Literal["system", "user", "assistant"]
ROLES: tuple[str, ...] = get_args(Role)


class ChatMessage(TypedDict):
    """A message as chat templates and the OpenAI API know it."""

    role: str
    content: str


@dataclass(frozen=True)
class Message:
    """One turn: who speaks, and what."""

    role: Role
    content: str


@dataclass(frozen=True)
class Conversation:
    """Turns in order; `topics` may be empty. `id` is unique within its source."""

    id: str
    messages: tuple[Message, ...]
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preference:
    """Two answers to one prompt, or one answer with a thumb up or down; an empty one is not known.

    The chosen answer is a conversation like any other, unless it is not to be `learned`; both are
    kept for preference tuning.
    """

    id: str
    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    topics: tuple[str, ...] = ()
    learned: bool = True


@dataclass(frozen=True)
class Reject:
    """Why a record or a conversation was left out: `reason` is a stable word, `detail` explains."""

    reason: str
    detail: str = ""
