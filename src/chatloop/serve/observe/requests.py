"""Around every request: an id, a line in the log, figures, a span, safe headers. Plain ASGI.

x-request-id: 9f86d081884c7d65        the caller's own where it sends a plain one
"""

import logging
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatloop.errors import UserError
from chatloop.serve.observe.logs import log
from chatloop.serve.observe.metrics import Metrics
from chatloop.serve.observe.traces import Traces
from chatloop.serve.wire.errors import error_response

PROBES = ("/healthz", "/readyz", "/metrics")  # asked every few seconds: counted, not logged
PLAIN = re.compile(r"[A-Za-z0-9._:-]{1,128}")
SAFE_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True)
class Observed:
    """Routes say what they know in `state.note`; what breaks is a 500 in OpenAI's shape."""

    app: ASGIApp
    metrics: Metrics
    traces: Traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through, and say how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, began = Headers(scope=scope), time.perf_counter()
        sent = headers.get("x-request-id", "")
        state = scope.setdefault("state", {})
        state["note"], state["request_id"] = {}, sent if PLAIN.fullmatch(sent) else _new_id()
        status = 0

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, state["request_id"])
            await send(message)

        with self.traces.span(f"{scope['method']} request", headers) as span:
            try:
                await self.app(scope, receive, answered)
            except Exception as error:  # whatever broke, the client hears of it and others go on
                log("error", logging.ERROR, error, request_id=state["request_id"])
                if status:
                    raise
                await _broken(error)(scope, receive, answered)
            finally:
                said = self._say(scope, status, time.perf_counter() - began)
                for name, value in said.items():
                    span.set_attribute(f"chatloop.{name}", value)

    def _say(self, scope: Scope, status: int, seconds: float) -> dict[str, Any]:
        state, route = scope["state"], _route(scope)
        self.metrics.requests.labels(route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        if state.get("refusal"):
            self.metrics.refusals.labels(state["refusal"]).inc()
        fields = {
            "route": route,
            "status": status,
            "request_id": state["request_id"],
            "key": state.get("key"),
            "refusal": state.get("refusal"),
            "seconds": round(seconds, 4),
            **state["note"],
        }
        if route not in PROBES:
            log("request", **fields)
        return {name: value for name, value in fields.items() if value is not None}


def _new_id() -> str:
    return secrets.token_hex(8)


def _route(scope: Scope) -> str:
    """The route's pattern; names that nobody serves are one."""
    route = scope.get("route")
    return str(getattr(route, "path", "other"))


def _add_headers(message: Message, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    headers["x-request-id"] = request_id
    for name, value in SAFE_HEADERS.items():
        headers.setdefault(name, value)


def _broken(error: Exception) -> Any:
    if isinstance(error, UserError):
        return error_response(503, str(error), code="misconfigured")
    return error_response(500, "Something broke; the log has the request id", code="internal_error")
