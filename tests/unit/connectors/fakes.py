"""A model and a store at the seams, which do what a test says."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import FastAPI
from fastapi.testclient import TestClient

from chatloop.connectors import CONNECTORS, Connector, Seams, Setting, routers
from chatloop.connectors.complete import Reply
from chatloop.conversation import Message
from chatloop.params.serving import ConnectorParams, HistoryParams

__all__ = ["Connector", "Fake", "Setting", "client_of", "serve", "setting_of"]


@dataclass
class Fake:
    """Answers `answer`, after `gate` is set where there is one; knows no id but those of `known`."""

    answer: str = "On its way."
    fallback: bool = False
    error: Exception | None = None
    slow: bool = False
    known: set[str] = field(default_factory=set)
    asked: list[tuple[str, tuple[Message, ...], float, str, str | None]] = field(
        default_factory=list
    )
    feedback: list[tuple[str, str, str, str, str | None, tuple[str, ...]]] = field(
        default_factory=list
    )
    fallbacks: list[tuple[str, str]] = field(default_factory=list)
    answered: threading.Event = field(default_factory=threading.Event)
    time: float = 1_782_000_000.0

    async def complete(
        self, session: str, messages: Sequence[Message], deadline: float, *,
        source: str, external_id: str | None = None,
    ) -> Reply:  # fmt: skip
        self.asked.append((session, tuple(messages), deadline, source, external_id))
        if external_id:
            self.known.add(external_id)
        while self.slow:
            await asyncio.sleep(0.001)
        self.answered.set()
        if self.error:
            raise self.error
        return Reply(self.answer, "chatcmpl-1", "3", self.fallback)

    async def record_feedback(
        self, external_id: str, rating: str, caller: str, source: str, *,
        comment: str | None = None, tags: tuple[str, ...] = (),
    ) -> bool:  # fmt: skip
        if external_id not in self.known:
            return False
        self.feedback.append((external_id, rating, caller, source, comment, tags))
        return True

    @property
    def seams(self) -> Seams:
        return Seams(
            self.complete,
            self.record_feedback,
            lambda source, reason: self.fallbacks.append((source, reason)),
            lambda: self.time,
        )


def setting_of(
    name: str, fake: Fake, secrets: Mapping[str, str] = {}, **options: object
) -> Setting:
    checked = CONNECTORS[name].options.model_validate(options)
    return Setting(checked, fake.seams, secrets, HistoryParams())


def serve(name: str, fake: Fake, secrets: Mapping[str, str] = {}, **options: object) -> TestClient:
    """A client of one connector on loopback, with a loop that lives as long as its `with`."""
    params = ConnectorParams(use={name: options})
    return client_of(routers(params, fake.seams, secrets, loopback=True)[0])


def client_of(router: object) -> TestClient:
    app = FastAPI()
    app.include_router(router)  # type: ignore[arg-type]
    return TestClient(app)
