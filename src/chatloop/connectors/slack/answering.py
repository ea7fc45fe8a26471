"""Answers in the background, once each and in order within a thread, while Slack has its 200.

begin(Question("Ev1", …))  →  later: post("C1", "It left us today.", "17.01")
"""

import asyncio
import logging

from cachetools import LRUCache, TTLCache

from chatloop.connectors.connector import Setting
from chatloop.connectors.history import Histories
from chatloop.connectors.in_time import in_time
from chatloop.connectors.request import Refused
from chatloop.connectors.slack.events import Question, Thumb, escaped
from chatloop.connectors.slack.posting import Post

NAME = "slack"
# Slack sends an event again for about an hour, a mention as two events, and people rate for days.
_REPEATS, _HOUR = 100_000, 3600.0
_ANSWERS, _WEEK = 100_000, 7 * 24 * 3600.0
_log = logging.getLogger(__name__)


class Answering:
    """What is being answered, what was seen, and which message of ours answered what."""

    def __init__(self, setting: Setting, seconds: float, at_once: int, post: Post) -> None:
        self._seams, now = setting.seams, setting.seams.now
        self._seconds, self._at_once, self._post = seconds, at_once, post
        self._histories = Histories(setting.history, now)
        self._seen: TTLCache[str, None] = TTLCache(_REPEATS, _HOUR, now)
        self._answers: TTLCache[tuple[str, str], str] = TTLCache(_ANSWERS, _WEEK, now)
        self._turns: LRUCache[str, asyncio.Lock] = LRUCache(setting.history.sessions)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, question: Question) -> None:
        """Takes a question up, unless it is a repeat.

        Raises:
            Refused: too many are worked on (503); Slack sends it again.
        """
        ids = (question.event_id, f"{question.channel}:{question.ts}")
        if any(one in self._seen for one in ids):
            return
        if len(self._tasks) >= self._at_once:
            raise Refused(503, "too many questions at once", {"Retry-After": "10"})
        self._seen.update(dict.fromkeys(ids))
        task = asyncio.create_task(self._answer(question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, question: Question) -> None:
        turn = self._turns.setdefault(question.session, asyncio.Lock())
        async with turn:
            messages = self._histories.asked(question.session, question.words)
            reply = await in_time(
                self._seams, question.session, messages, self._seconds,
                source=NAME, external_id=question.event_id,
            )  # fmt: skip
            posted = await self._say(question, reply.text)
            if posted and not reply.fallback:
                self._histories.answered(question.session, question.words, reply.text)
                self._answers[question.channel, posted] = question.event_id

    async def _say(self, question: Question, said: str) -> str:
        """The message's timestamp; empty where Slack did not take it."""
        try:
            return await self._post(question.channel, escaped(said), question.thread)
        except Exception as error:
            self._seams.count_fallback(NAME, "not_posted")
            # By its kind alone: what it says may quote the conversation.
            _log.error("slack: not posted: %s", type(error).__name__)
            return ""

    async def rate(self, event_id: str, thumb: Thumb) -> None:
        """Keeps a thumb on an answer of ours, once."""
        external_id = self._answers.get((thumb.channel, thumb.ts))
        if external_id is None or event_id in self._seen:
            return
        self._seen[event_id] = None
        try:
            await self._seams.record_feedback(external_id, thumb.rating, thumb.user, NAME)
        except Exception:
            del self._seen[event_id]  # Slack sends it again
            raise
