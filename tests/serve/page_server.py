"""An API that does what a test says, behind the real page, on a free port of loopback."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from chatloop.serve import page


@dataclass
class Api:
    """`words` come one by one; after `hold` of them the rest waits until `go` is set."""

    words: list[str] = field(default_factory=lambda: ["It ", "left ", "us ", "today."])
    hold: int | None = None
    refuse: tuple[int, str, dict[str, str]] | None = None
    refuse_feedback: tuple[int, str, dict[str, str]] | None = None
    key: str | None = None
    breaks: bool = False
    dropped: int | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    feedback: list[dict[str, Any]] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def app(self) -> FastAPI:
        app = FastAPI()
        app.include_router(page.router())
        app.add_api_route("/v1/models", self.models)
        app.add_api_route("/v1/chat/completions", self.complete, methods=["POST"])
        app.add_api_route("/v1/feedback", self.rate, methods=["POST"])
        return app

    def refusal(self, request: Request, wanted: Any = None) -> Response | None:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            wanted = (401, "no API key", {})
        if wanted is None:
            return None
        status, message, headers = wanted
        return JSONResponse({"error": {"message": message}}, status, headers=headers)

    async def models(self, request: Request) -> Any:
        data = [
            {"id": name, "object": "model"} for name in ("chatloop", "chatloop@3", "chatloop@2")
        ]
        return self.refusal(request) or {"object": "list", "data": data}

    async def rate(self, request: Request) -> Any:
        refused = self.refusal(request, self.refuse_feedback)
        if refused is None:
            self.feedback.append(await request.json())
        return refused or {"id": "fb-1", "object": "feedback"}

    async def complete(self, request: Request) -> Any:
        self.asked.append(await request.json())
        refused = self.refusal(request, self.refuse)
        return refused or StreamingResponse(self.stream(), media_type="text/event-stream")

    async def stream(self) -> AsyncIterator[str]:
        number = len(self.asked)
        try:
            yield self.chunk(number, {"role": "assistant", "content": ""})
            for at, word in enumerate(self.words):
                while at == self.hold and not self.go.is_set():
                    await asyncio.sleep(0.005)
                yield self.chunk(number, {"content": word})
            if self.breaks:
                return
            yield self.chunk(number, {}, finish="stop")
            usage = {"prompt_tokens": 9, "completion_tokens": len(self.words), "total_tokens": 0}
            yield self.chunk(number, None, usage=usage)
            yield "data: [DONE]\n\n"
        except asyncio.CancelledError:
            self.left.set()
            raise

    def chunk(self, number: int, delta: Any, finish: str | None = None, usage: Any = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        model = self.asked[-1]["model"]
        said = {
            "id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 1,
            "model": "chatloop@3" if model == "chatloop" else model, "system_fingerprint": "fp_3",
            "choices": [] if delta is None else [choice], "usage": usage,
            **({"dropped_messages": self.dropped} if self.dropped else {}),
        }  # fmt: skip
        return f"data: {json.dumps(said)}\n\n"


@contextmanager
def served(api: Api) -> Iterator[Api]:
    """The API at `api.url`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(api.app(), log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        api.url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        try:
            yield api
        finally:
            server.should_exit = True
            thread.join()
