"""Streams of server-sent events, taken as they come and understood when all have ended.

streamed("http://127.0.0.1:8000", [body, body])  →  [Stream(first=0.11, status=200, events=[…]), …]

Client and server share the cores of a machine: whoever reads JSON token by token measures itself.
"""

import json
import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

CHAT = "/v1/chat/completions"
WORDS = re.compile(rb'"content":\s*"[^"]')


@dataclass
class Stream:
    """One answer: seconds to its first words, and what came."""

    first: float
    status: int
    head: str
    events: list[Any]

    @property
    def tokens(self) -> int:
        """As the server counts them; pieces with words where it does not."""
        counts = [
            event["usage"]["completion_tokens"] for event in self.events if event.get("usage")
        ]
        return counts[-1] if counts else len(self.texts)

    @property
    def texts(self) -> list[str]:
        """The words, piece by piece."""
        choices = [event["choices"][0] for event in self.events if event["choices"]]
        return [text for one in choices if (text := one["delta"].get("content"))]


def streamed(
    url: str, bodies: Sequence[dict[str, Any]], moments: Sequence[float] | None = None
) -> list[Stream]:
    """Each over a connection of its own, all at once or at `moments`, seconds from now, ascending;
    in their order, with times from when each was asked."""
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 80
    due = deque(enumerate(moments or [0.0] * len(bodies)))
    requests = [_request(host, port, body) for body in bodies]
    waiting, came = selectors.DefaultSelector(), [bytearray() for _ in bodies]
    asked, first = ([0.0] * len(bodies) for _ in range(2))
    began = time.perf_counter()
    while due or waiting.get_map():
        while due and due[0][1] <= time.perf_counter() - began:
            at, _ = due.popleft()
            asked[at] = time.perf_counter()
            connection = socket.create_connection((host, port))
            connection.sendall(requests[at])
            waiting.register(connection, selectors.EVENT_READ, at)
        patience = max(due[0][1] - (time.perf_counter() - began), 0.0) if due else None
        for key, _ in waiting.select(patience):
            some, at = key.fileobj.recv(2**16), key.data  # type: ignore[union-attr]
            came[at] += some
            if not first[at] and WORDS.search(came[at]):
                first[at] = time.perf_counter() - asked[at]
            if not some:
                waiting.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]
    return [_stream(*one) for one in zip(first, came, strict=True)]


def _request(host: str, port: int, body: dict[str, Any]) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST {CHAT} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _stream(first: float, came: bytearray) -> Stream:
    head, _, body = bytes(came).partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        body = _joined(body)
    lines = [line.removeprefix(b"data: ") for line in body.splitlines()]
    events = [json.loads(one) for one in lines if one[:1] == b"{"]
    return Stream(first, int(head.split()[1]), head.decode("latin-1").lower(), events)


def _joined(body: bytes) -> bytes:
    """Chunks as one (RFC 9112, section 7.1)."""
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        whole, body = whole + rest[:length], rest[length + 2 :]
    return whole
