"""Before a request is read: where it is for, who sends it, how much it is. Plain ASGI.

    Host: evil.example   →  421        no key  →  401        2 MB  →  413        trickles  →  408

A name in the Host header that is not ours would let a web page reach a server on loopback by DNS
rebinding, so it is asked there.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatloop.params.serving import ServeParams
from chatloop.serve.guard.admission import Admission
from chatloop.serve.guard.keys import Keys, bearer
from chatloop.serve.guard.rates import Rates
from chatloop.serve.observe.requests import PROBES
from chatloop.serve.wire.errors import ApiError, http_error

OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")
COMPUTED = ("/v1/chat/completions", "/v1/completions")
FRAMEWORKS = 4  # times the body that a chat framework may send: its trackers grow
LOCAL = "local"  # who asks where no key is asked for


@dataclass(frozen=True)
class Gate:
    """What is asked of every request."""

    app: ASGIApp
    settings: ServeParams
    keys: Keys
    rates: Rates
    admission: Admission
    open: set[object]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through, with the body read and the key's id in `state.key`; or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            with self._counted(scope):
                self._check_host(headers)
                key = self._check_key(scope["path"], headers)
                scope.setdefault("state", {})["key"] = key
                limited = self.rates.request(key) if key != LOCAL else nullcontext()
                with limited:
                    if scope["path"] in COMPUTED:
                        self.admission.check()
                    body = await self._read(scope["path"], headers, receive)
                    await self.app(scope, _replay(body, receive), send)
        except ApiError as error:
            scope.setdefault("state", {})["refusal"] = error.code
            await http_error(error)(scope, receive, send)

    @contextmanager
    def _counted(self, scope: Scope) -> Iterator[None]:
        """Every open request has a place; those of probes always have one."""
        if len(self.open) >= self.settings.limits.requests and scope["path"] not in PROBES:
            raise ApiError(429, "Too many requests are open", code="too_many_open", retry_after=1)
        place = object()
        self.open.add(place)
        try:
            yield
        finally:
            self.open.discard(place)

    def _check_host(self, headers: Headers) -> None:
        if not self.settings.loopback:
            return
        host = headers.get("host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name.lower() not in (*OWN_NAMES, self.settings.host, *self.settings.hosts):
            raise ApiError(
                421, "Host: this server has another name; add it to serve.hosts", code="wrong_host"
            )

    def _check_key(self, path: str, headers: Headers) -> str:
        """The id of the key; pages, probes and connectors ask in their own way, or not at all."""
        if not (path.startswith("/v1/") or path == "/metrics"):
            return LOCAL
        presented = bearer(headers.get("authorization"))
        if not self.settings.asks_for_keys:
            return LOCAL
        found = self.keys.owner(presented)
        if found is None:
            said = "is not valid" if presented else "is missing"
            raise ApiError(
                401,
                f"The API key {said}: Authorization: Bearer cl-…; `chatloop keys add` makes one",
                code="invalid_api_key",
            )
        return found.id

    async def _read(self, path: str, headers: Headers, receive: Receive) -> bytes:
        """The body, if it is small enough and comes soon enough."""
        limits = self.settings.limits
        most = limits.body_bytes * (1 if path.startswith("/v1/") else FRAMEWORKS)
        length = headers.get("content-length", "")
        if length and "transfer-encoding" in headers:  # RFC 9112, 6.1: how a request is smuggled
            raise ApiError(400, "The body has two lengths", code="two_lengths")
        if length.isdigit() and int(length[:20]) > most:
            raise _too_large(most)
        if not length and "transfer-encoding" not in headers:
            return b""
        body = bytearray()
        try:
            async with asyncio.timeout(limits.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ApiError(400, "The body ended early", code="incomplete_body")
                    body += message.get("body", b"")
                    if len(body) > most:
                        raise _too_large(most)
                    if not message.get("more_body"):
                        return bytes(body)
        except TimeoutError:
            raise ApiError(408, "The body took too long to arrive", code="slow_body") from None


def _too_large(limit: int) -> ApiError:
    return ApiError(413, f"The body has more than {limit:,} bytes", code="body_too_large")


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body again, then whatever comes after it: that the client has left."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            while (message := await receive())["type"] != "http.disconnect":
                pass
            return message
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
