"""HEAD is GET without the body (RFC 9110, 9.3.2): what many probes and balancers send. Plain ASGI.

HEAD /healthz    →  200, with the headers that GET has
"""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True)
class Heads:
    """The routes see a GET; the server that read the request knows that no body goes out."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand it on."""
        if scope.get("method") == "HEAD":
            scope = {**scope, "method": "GET"}
        await self.app(scope, receive, send)
