"""A model that answers at once with words of its prompt, and a server around it on a free port."""

import asyncio
import contextlib
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from fastapi import FastAPI

from chatloop.conversation import Message
from chatloop.params import CleanParams, Params
from chatloop.params.file import parse_params
from chatloop.params.serving import ServeParams
from chatloop.serve.app import create_app
from chatloop.serve.model import Model, NoModelError, Piece, Sampling, Token
from chatloop.serve.store.keeping import Store

ROOT = Path(__file__).parents[2]
CONTEXT = 64


class FakeModel:
    """Says `word1 word2 …`, a token a word; a gate holds it back where a test wants that."""

    context = CONTEXT

    def __init__(self, version: str = "3", seconds: float = 0.0) -> None:
        self.version, self.fingerprint, self.defaults = version, f"fp-{version}", Sampling(8)
        self.seconds = seconds
        self.open = 0
        self.asked: list[Sampling] = []
        self.closed = threading.Event()
        self.hold: asyncio.Event | None = None
        self.breaks: Exception | None = None
        self.breaks_after = 0

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        return [1, *itertools.chain(*([2, *self.encode(m.content)] for m in messages)), 3]

    def encode(self, text: str) -> list[int]:
        return [10 + len(word) for word in text.split()]

    async def stream(self, prompt: Sequence[int], sampling: Sampling) -> AsyncIterator[Piece]:
        self.open += 1
        self.asked.append(sampling)
        try:
            said = ""
            for at in range(sampling.max_tokens):
                if self.breaks and at >= self.breaks_after:
                    raise self.breaks
                if self.hold is not None and at:
                    await self.hold.wait()
                await asyncio.sleep(self.seconds)
                text = f"word{(sampling.seed or 0) + at} "
                said += text
                cut = next((said.index(s) for s in sampling.stop if s in said), None)
                logprob = None if sampling.top_logprobs is None else -0.5
                top = ((at, text, -0.5),) * (sampling.top_logprobs or 0)
                if cut is not None:
                    yield Piece("", (Token(at, text, logprob, top),), "stop")
                    return
                finish = "length" if at == sampling.max_tokens - 1 else None
                yield Piece(text, (Token(at, text, logprob, top),), finish)
        finally:
            self.open -= 1
            self.closed.set()


class FakeModels:
    """One model, or none."""

    def __init__(self, *models: Model) -> None:
        self.models = models

    def choose(self, share_key: str) -> Model:
        if not self.models:
            raise NoModelError("chatloop has no champion yet; `chatloop run` trains one")
        return self.models[0]

    def named(self, name: str) -> Model | None:
        return next((m for m in self.models if name in ("champion", f"chatloop@{m.version}")), None)

    def names(self) -> Sequence[str]:
        return ["chatloop", *(f"chatloop@{m.version}" for m in self.models)] if self.models else []


def all_params(folder: Path, **changes: Any) -> Params:
    """As shipped, with the store in a folder; `limits={"waiting": 1}` changes a section."""
    shipped = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    section = shipped["serve"]
    section["store"]["folder"] = str(folder)
    for name, value in changes.items():
        section[name] = {**section[name], **value} if isinstance(value, dict) else value
    return parse_params(shipped, "params.yaml")


def serve_params(folder: Path, **changes: Any) -> ServeParams:
    return all_params(folder, **changes).serve


def clean_params() -> CleanParams:
    return all_params(Path()).clean


class Child:
    """A server in a process of its own: where it listens, and the lines that it logged."""

    def __init__(self, folder: Path, changes: dict[str, Any]) -> None:
        command = [sys.executable, "-m", "tests.serve.child", str(folder), json.dumps(changes)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        self.url = ""
        self.said: list[dict[str, Any]] = []
        self.heard = threading.Thread(target=self._listen, daemon=True)
        self._up = threading.Event()
        self.heard.start()
        self._up.wait()
        assert self.url, "the server did not come up"

    def _listen(self) -> None:
        """A pipe that nobody reads fills, and then whoever writes into it stands still."""
        assert self.process.stderr
        for line in self.process.stderr:
            if line.startswith("{"):
                self.said.append(json.loads(line))
                if self.said[-1]["event"] == "listening":
                    self.url = self.said[-1]["url"]
                    self._up.set()
        self._up.set()


@contextlib.contextmanager
def child(folder: Path, **changes: Any) -> Iterator[Child]:
    """A server in a process of its own, killed at the end."""
    started = Child(folder, changes)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()
        started.heard.join()
        assert started.process.stderr
        started.process.stderr.close()


class Server:
    """uvicorn in a thread of this process."""

    def __init__(self, app: FastAPI, **options: Any) -> None:
        from chatloop.serve.guard.connection import patient

        limits = app.state.serving.settings.limits
        self.app, self.serving = app, app.state.serving
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, log_config=None, access_log=False,
            http=patient(limits.body_seconds), timeout_graceful_shutdown=5, **options,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    @property
    def url(self) -> str:
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __enter__(self) -> "Server":
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@contextlib.contextmanager
def serving(folder: Path, *models: Model, **changes: Any) -> Iterator[Server]:
    """A server on loopback with these models."""
    settings = serve_params(folder, **changes)
    with Server(
        create_app(FakeModels(*models), Store(settings.store, clean_params()), settings)
    ) as s:
        yield s
