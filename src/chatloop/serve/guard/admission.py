"""Who may compute now, who waits, and who is told to come back: first come, first served.

async with admission.slots(1):      # 429 with Retry-After where too many wait already
    …
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chatloop.serve.wire.errors import ApiError

LONGEST_RETRY = 60
MEMORY = 0.9  # of the mean time that a stream is held, when one more has ended


class Admission:
    """`streams` answers at once; `waiting` requests behind them, for `wait_seconds` at most."""

    def __init__(self, streams: int, waiting: int, wait_seconds: float) -> None:
        self.streams, self.limit, self.wait_seconds = streams, waiting, wait_seconds
        self._free = streams
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._held = 1.0  # seconds, on average

    @property
    def in_flight(self) -> int:
        """Streams that are being computed."""
        return self.streams - self._free

    @property
    def waiting(self) -> int:
        """Requests that wait for streams."""
        return len(self._queue)

    def check(self) -> None:
        """Before a body is read: would one more request have to be sent away?

        Raises:
            ApiError: 429, as many wait as may.
        """
        if not self._free and self.waiting >= self.limit:
            raise self._busy("queue_full")

    @asynccontextmanager
    async def slots(self, count: int) -> AsyncIterator[None]:
        """Hold `count` streams, as many as one request has choices; all of them if there are fewer.

        Raises:
            ApiError: 429, too many wait, or this one has waited too long.
        """
        count = min(count, self.streams)
        await self._take(count)
        began = time.monotonic()
        try:
            yield
        finally:
            self._held = MEMORY * self._held + (1 - MEMORY) * (time.monotonic() - began)
            self._give(count)

    async def _take(self, count: int) -> None:
        if not self._queue and self._free >= count:
            self._free -= count
            return
        if self.waiting >= self.limit:
            raise self._busy("queue_full")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((count, turn))
        try:
            async with asyncio.timeout(self.wait_seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._give(count)  # it was its turn just when it left
            else:
                self._queue = deque(one for one in self._queue if one[1] is not turn)
                self._next()
            if isinstance(error, TimeoutError):
                raise self._busy("queue_wait") from None
            raise

    def _give(self, count: int) -> None:
        self._free += count
        self._next()

    def _next(self) -> None:
        while self._queue and self._queue[0][0] <= self._free:
            count, turn = self._queue.popleft()
            if not turn.done():
                self._free -= count
                turn.set_result(None)

    def _busy(self, code: str) -> ApiError:
        seconds = math.ceil(self._held * (self.waiting + 1) / self.streams)
        return ApiError(
            429,
            "The server is busy; come back when Retry-After says",
            code=code,
            retry_after=min(max(seconds, 1), LONGEST_RETRY),
        )
