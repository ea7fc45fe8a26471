"""An answer within the framework's own limit, whatever happens behind.

await in_time(seams, "rasa:42", messages, 4.0, source="rasa", external_id="7c…")  →  Reply(…)
"""

import asyncio
import logging
from collections.abc import Sequence

from chatloop.connectors.complete import Reply
from chatloop.connectors.connector import Seams
from chatloop.conversation import Message

SORRY = "Sorry, I cannot answer that right now. Please try again in a moment."
# The promise to answer in time is `complete`'s own; this much later it counts as broken.
_GRACE = 0.25
_log = logging.getLogger(__name__)


async def in_time(
    seams: Seams,
    session: str,
    messages: Sequence[Message],
    deadline: float,
    *,
    source: str,
    external_id: str | None = None,
) -> Reply:
    """What `complete` says, and the safe sentence where it fails, is late or says nothing."""
    asked = seams.complete(session, messages, deadline, source=source, external_id=external_id)
    try:
        reply = await asyncio.wait_for(asked, deadline + _GRACE)
    except TimeoutError:
        return sorry(seams, source, "late")
    except Exception as error:
        # By its kind alone: what it says may quote the conversation.
        _log.error("%s: no answer: %s", source, type(error).__name__)
        return sorry(seams, source, "error")
    return reply if reply.text.strip() else sorry(seams, source, "empty", reply)


def sorry(seams: Seams, source: str, reason: str, reply: Reply | None = None) -> Reply:
    """The safe sentence, counted by its reason."""
    seams.count_fallback(source, reason)
    known = (reply.exchange_id, reply.version) if reply else (None, None)
    return Reply(SORRY, *known, fallback=True)
