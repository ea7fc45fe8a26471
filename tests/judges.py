"""A judge on loopback for tests: an OpenAI-compatible endpoint that behaves as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def completion(text: object = '{"better": "A"}', **more: object) -> bytes:
    message = {"role": "assistant", "content": text}
    return json.dumps({"choices": [{"message": message}], **more}).encode()


USAGE = {"usage": {"prompt_tokens": 12, "completion_tokens": 3}}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    behave: Callable[[BaseHTTPRequestHandler], None]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, dict[str, Any], str]] = []
        self.over = threading.Event()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, body, self.headers.get("Authorization", "")))
        with suppress(OSError):
            self.server.behave(self)

    def log_message(self, *_: object) -> None:
        pass


def says(body: bytes, status: int = 200, length: int | None = None) -> Callable[..., None]:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        to.send_header("Content-Length", str(len(body) if length is None else length))
        to.end_headers()
        to.wfile.write(body)

    return answer


@contextmanager
def judge_server() -> Iterator[Server]:
    """A server that prefers what comes first, until `behave` is set to something else."""
    one = Server()
    one.behave = says(completion(**USAGE))
    thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield one
    finally:
        one.over.set()
        one.shutdown()
        one.server_close()
        thread.join()
