"""One thread that writes: what came in meanwhile shares one transaction, and one sync of the disk.

An opinion is acknowledged after its commit. An exchange waits for nobody: where the store is away
it waits in memory, up to a limit, and answers go on.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from sqlalchemy import URL, Engine
from sqlalchemy.exc import OperationalError

from chatloop.conversation import Message
from chatloop.feedback.record import Exchange
from chatloop.serve.observe.logs import log
from chatloop.serve.store.opening import alone, open_database
from chatloop.serve.store.privacy import Privacy, Talk
from chatloop.serve.store.statements import (
    Kept,
    Opinion,
    OtherBodyError,
    UnknownExchangeError,
    add_exchange_once,
    add_feedback,
)

MOST_AT_ONCE = 512
RETRY_SECONDS = 1.0


class StoreAwayError(Exception):
    """The store is full, away or overrun: this cannot be kept now."""


@dataclass(frozen=True)
class Post:
    """An opinion, and who waits to hear that it is kept."""

    opinion: Opinion
    kept: "Future[Kept]"


Item = Exchange | Post


class Writer(threading.Thread):
    """Takes items from a queue of `pending`; `lost` hears how many exchanges cannot be kept."""

    def __init__(
        self, url: URL, privacy: Privacy, pending: int, lost: Callable[[int], None]
    ) -> None:
        super().__init__(name="store", daemon=True)
        self.away: str | None = None
        self._url, self._privacy, self._lost = url, privacy, lost
        self._engine: Engine | None = None
        self._queue: queue.Queue[Item | None] = queue.Queue(pending)
        self._unsaved: deque[Exchange] = deque()
        self._pending, self._ending = pending, False

    def put(self, item: Item) -> bool:
        """Hand over; false where too many wait already."""
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            return False
        return True

    def finish(self, seconds: float) -> None:
        """Write what is there, then end."""
        self._ending = True
        try:
            self._queue.put(None, timeout=seconds)
        except queue.Full:
            return
        self.join(seconds)

    def run(self) -> None:
        """Until `finish`."""
        self._open()
        while not (self._ending and self._queue.empty()):
            items = self._next()
            if items or self._unsaved:
                self._save(items)
        if self._engine is not None:
            self._engine.dispose()
        self._lost(len(self._unsaved))

    def _open(self) -> None:
        """Opening takes a while, and answers of just then would take as long."""
        try:
            self._commit([])
        except Exception as error:
            self._failed([], error)

    def _next(self) -> list[Item]:
        """Everything that waits, at most some hundred; a while where nothing does."""
        items: list[Item] = []
        try:
            first = self._queue.get(timeout=RETRY_SECONDS if self._unsaved else None)
            items += [] if first is None else [first]
            while len(items) < MOST_AT_ONCE:
                one = self._queue.get_nowait()
                items += [] if one is None else [one]
        except queue.Empty:
            pass
        return items

    def _save(self, items: Sequence[Item]) -> None:
        """Commit; where that fails, exchanges are kept for later and opinions are refused."""
        private = self._redacted(items)
        try:
            self._commit(private)
        except Exception as error:
            if len(private) + len(self._unsaved) > 1 and not _away(error):
                one_by_one = [*self._unsaved, *private]  # one cannot be written: the others can
                self._unsaved.clear()
                for item in one_by_one:
                    self._save_one(item)
                return
            self._failed(private, error)

    def _save_one(self, item: Item) -> None:
        try:
            self._commit([item])
        except Exception as error:
            self._failed([item], error)

    def _commit(self, items: Sequence[Item]) -> None:
        if self._engine is None:
            self._engine = open_database(self._url)
        earlier = list(self._unsaved)
        answers: list[tuple[Post, Kept | Exception]] = []
        with self._engine.begin() as connection:
            alone(connection)
            for item in [*earlier, *items]:
                if isinstance(item, Exchange):
                    add_exchange_once(connection, item)
                    continue
                try:
                    answers.append((item, add_feedback(connection, item.opinion)))
                except (UnknownExchangeError, OtherBodyError) as no:
                    answers.append((item, no))
        self._unsaved.clear()
        if self.away:
            log("store is back")
        self.away = None
        for post, answer in answers:
            _tell(post, answer)

    def _failed(self, items: Sequence[Item], error: Exception) -> None:
        reason = type(getattr(error, "orig", None) or error).__name__
        if self.away != reason:
            log("store is away", 40, error, reason=reason)
        self.away = reason
        exchanges = [item for item in items if isinstance(item, Exchange)]
        if _away(error):
            self._unsaved += exchanges
            exchanges = []
        over = max(len(self._unsaved) - self._pending, 0)
        for _ in range(over):
            self._unsaved.popleft()
        self._lost(len(exchanges) + over)
        for item in items:
            if isinstance(item, Post):
                _tell(item, StoreAwayError(reason))

    def _redacted(self, items: Sequence[Item]) -> list[Item]:
        """The same items with texts that the disk may have; without any where that fails."""
        talks = [_talk(item) for item in items]
        try:
            texts: Sequence[Sequence[str] | None] = self._privacy(talks)
        except Exception as error:
            log("redaction failed, texts are not kept", 40, error)
            texts = [None] * len(items)
        private: list[Item] = []
        for item, said in zip(items, texts, strict=True):
            if said is None and isinstance(item, Post):
                _tell(item, StoreAwayError("redaction"))
            else:
                private.append(_with(item, said))
        return private


def _talk(item: Item) -> Talk:
    if isinstance(item, Exchange):
        texts = [message.content for message in item.messages or ()]
        return item.id, [*texts, *([] if item.answer is None else [item.answer])]
    said = item.opinion.feedback
    return said.id, [said.correction or "", said.comment or "", *said.tags]


def _with(item: Item, texts: Sequence[str] | None) -> Item:
    texts = None if texts is None else [text.replace("\x00", "\ufffd") for text in texts]
    if isinstance(item, Exchange):
        if texts is None or item.messages is None:
            return replace(item, messages=None, answer=None)
        said = zip(item.messages, texts[: len(item.messages)], strict=True)
        messages = tuple(Message(message.role, text) for message, text in said)
        return replace(item, messages=messages, answer=texts[-1] if item.answer else item.answer)
    assert texts is not None
    said_before = item.opinion.feedback
    feedback = replace(
        said_before,
        correction=texts[0] if said_before.correction is not None else None,
        comment=texts[1] if said_before.comment is not None else None,
        tags=tuple(texts[2:]),
    )
    return replace(item, opinion=replace(item.opinion, feedback=feedback))


def _away(error: Exception) -> bool:
    """True where the next attempt may well succeed with the same values."""
    return isinstance(error, OperationalError | OSError)


def _tell(post: Post, answer: Kept | Exception) -> None:
    if post.kept.set_running_or_notify_cancel():
        if isinstance(answer, Exception):
            post.kept.set_exception(answer)
        else:
            post.kept.set_result(answer)
