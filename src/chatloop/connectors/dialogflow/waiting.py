"""A slow model behind a limit of five seconds: the answer goes on while Dialogflow asks again.

await waiting.started(session, ask)   →  None   not there yet: say `followupEventInput`
await waiting.again(session)          →  Finished(Reply("It left us today.", …), question, id)
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from cachetools import TTLCache

from chatloop.connectors.complete import Reply


@dataclass(frozen=True)
class Pending:
    """An answer that is being written; `hops` is how often Dialogflow may still ask for it."""

    task: asyncio.Task[Reply]
    question: str
    external_id: str | None
    hops: int

    @property
    def reply(self) -> Reply | None:
        """The answer; None where it is not there, or somebody's next question ended it."""
        done = self.task.done() and not self.task.cancelled()
        return self.task.result() if done else None


class Waiting:
    """Answers by session, each waited for `seconds` at a time and for at most `hops` more times."""

    def __init__(self, seconds: float, hops: int, most: int, now: Callable[[], float]) -> None:
        self._seconds, self._hops = seconds, hops
        age = 2 * self.deadline + 60
        self._held: TTLCache[str, Pending] = TTLCache(most, age, now)

    @property
    def deadline(self) -> float:
        """Seconds that an answer has altogether."""
        return self._seconds * (self._hops + 1)

    async def first(
        self,
        session: str,
        question: str,
        external_id: str | None,
        ask: Coroutine[Any, Any, Reply],
    ) -> Pending:
        """Begins an answer, in the place of one that the session still waits for."""
        self._end(session)
        pending = Pending(asyncio.create_task(ask), question, external_id, self._hops)
        return await self._wait(session, pending)

    async def again(self, session: str) -> Pending | None:
        """Waits once more; None where there is nothing to wait for."""
        pending = self._held.get(session)
        if pending is None or not pending.hops:
            self._end(session)
            return None
        return await self._wait(session, replace(pending, hops=pending.hops - 1))

    async def _wait(self, session: str, pending: Pending) -> Pending:
        self._held[session] = pending
        await asyncio.wait({pending.task}, timeout=self._seconds)
        current = self._held.get(session)
        if current is pending and (pending.task.done() or not pending.hops):
            self._end(session)
        return pending

    def _end(self, session: str) -> None:
        """Frees what works on an answer that nobody waits for any more."""
        if (pending := self._held.pop(session, None)) is not None:
            pending.task.cancel()
