"""The chat page: plain files of this package at `/`, nothing built, nothing fetched from elsewhere.

app.include_router(page.router())
"""

import hashlib
from importlib.resources import files

from fastapi import APIRouter, Request, Response

# Nothing inline, nothing from elsewhere, nobody's frame; text never becomes markup.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    # Always asked for, mostly answered with 304: a new version's page is there at once.
    "Cache-Control": "no-cache",
}
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}
_FIRST = "index.html"


def router() -> APIRouter:
    """GET / and what it names under /page/; it needs no key, what it asks the API for may."""
    found = APIRouter(include_in_schema=False)
    for name, content in sorted(_read().items()):
        path = "/" if name == _FIRST else f"/page/{name}"
        found.add_api_route(path, _Page(name, content).get, methods=["GET", "HEAD"], name=name)
    return found


def paths() -> frozenset[str]:
    """Every path that the page has, for whoever checks keys."""
    return frozenset("/" if name == _FIRST else f"/page/{name}" for name in _read())


def _read() -> dict[str, bytes]:
    """All files of the page, by name."""
    folder = files(__package__) / "static"
    return {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if file.name.rpartition(".")[2] in _TYPES
    }


class _Page:
    """One file, read once."""

    def __init__(self, name: str, content: bytes) -> None:
        self._content, self._type = content, _TYPES[name.rpartition(".")[2]]
        self._headers = {**HEADERS, "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"'}

    async def get(self, request: Request) -> Response:
        """The file, or 304 where the browser has it."""
        tag = self._headers["ETag"]
        if tag in request.headers.get("if-none-match", "").replace("W/", ""):
            return Response(status_code=304, headers=self._headers)
        return Response(self._content, media_type=self._type, headers=self._headers)
