"""The store as the server knows it: exchanges are handed over, opinions are waited for.

kept = await store.add(Opinion(Feedback(…), …))     after it is on the disk
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from chatloop.feedback.record import Exchange
from chatloop.params import CleanParams
from chatloop.params.serving import StoreParams
from chatloop.serve.observe.logs import log
from chatloop.serve.store.opening import database_url
from chatloop.serve.store.privacy import Privacy
from chatloop.serve.store.secret import Pepper, read_pepper
from chatloop.serve.store.statements import Kept, Opinion
from chatloop.serve.store.writing import Post, StoreAwayError, Writer

CLOSING_SECONDS = 10.0


class Store:
    """Exchanges and feedback of one server; `lost` counts exchanges that could not be kept."""

    def __init__(self, params: StoreParams, clean: CleanParams) -> None:
        """Opens nothing yet.

        Raises:
            UserError: the URL or the rules of redaction are wrong.
        """
        self.lost = 0
        self.folder = Path(params.folder)
        self.pepper = _pepper(self.folder)
        self._writer = Writer(
            database_url(params.url, self.folder), Privacy(clean), params.pending, self._count_lost
        )
        self.on_loss: Callable[[int], None] = lambda _: None

    def start(self) -> None:
        """Begin to write."""
        self._writer.start()

    async def close(self) -> None:
        """Write what is there, and end."""
        await asyncio.to_thread(self._writer.finish, CLOSING_SECONDS)

    @property
    def away(self) -> str | None:
        """Why nothing can be kept just now; None where all is well."""
        return self._writer.away

    def keep(self, exchange: Exchange) -> None:
        """Hand over; its texts are redacted before they are written. Waits for nothing."""
        if not self._writer.put(exchange):
            self._count_lost(1)

    async def add(self, opinion: Opinion) -> Kept:
        """Keep an opinion; returns when it is on the disk.

        Raises:
            StoreAwayError: it cannot be kept now.
            UnknownExchangeError: there is no such exchange, or it was somebody else's.
            OtherBodyError: the idempotency key was used for something else.
        """
        answer: Future[Kept] = Future()
        if not self._writer.put(Post(opinion, answer)):
            raise StoreAwayError("overrun")
        return await asyncio.wrap_future(answer)

    def _count_lost(self, count: int) -> None:
        self.lost += count
        if count:
            self.on_loss(count)


def _pepper(folder: Path) -> Pepper:
    try:
        return read_pepper(folder)
    except OSError as error:
        log("the store's folder cannot be written: callers' hashes last for this run", 40, error)
        return Pepper(secrets.token_bytes(32))
