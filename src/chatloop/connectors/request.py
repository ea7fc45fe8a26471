"""What came in, read within bounds, or a refusal in the framework's own shape; never a 500.

{"queryResult": {"queryText": "hi"}}    →  text(at(body, "queryResult"), "queryText") == "hi"
"""

import json
import zlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

KIB = 1024
_ZLIB_OR_GZIP = zlib.MAX_WBITS | 32

Json = dict[str, object]
Shape = Callable[[int, str], object]


class Refused(Exception):  # noqa: N818 - it is an answer, no failure
    """An answer other than 200: the status, and a reason without anything of the conversation."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, headers


def refusing(shape: Shape) -> type[APIRoute]:
    """A class of routes that says every refusal in a framework's own error shape."""

    class Route(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def refusing_handler(request: Request) -> Response:
                try:
                    return await handle(request)
                except Refused as no:
                    said = shape(no.status, no.reason)
                    return JSONResponse(said, no.status, headers=dict(no.headers or {}))

            return refusing_handler

    return Route


async def raw(request: Request, limit: int) -> bytes:
    """The body as it was sent, of at most `limit` bytes.

    Raises:
        Refused: it is longer (413).
    """
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise Refused(413, f"the body is longer than {limit} bytes")
    return bytes(body)


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """A body without its Content-Encoding (deflate or gzip), of at most `limit` bytes then.

    Raises:
        Refused: it is longer (413), broken (400) or packed in another way (415).
    """
    if encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() not in ("deflate", "gzip", "x-gzip"):
        raise Refused(415, "Content-Encoding: only deflate, gzip and identity are read")
    try:
        plain = _inflated(body, limit)
    except zlib.error:
        raise Refused(400, "the body is not what its Content-Encoding says") from None
    if len(plain) > limit:
        raise Refused(413, f"the unpacked body is longer than {limit} bytes")
    return plain


def _inflated(body: bytes, limit: int) -> bytes:
    """At most a byte more than `limit`: a bomb is never unpacked. Some send deflate bare."""
    try:
        return zlib.decompressobj(_ZLIB_OR_GZIP).decompress(body, limit + 1)
    except zlib.error:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, limit + 1)


def parsed(body: bytes) -> Json:
    """The JSON object of a body.

    Raises:
        Refused: it is none (400).
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON") from None
    if not isinstance(value, dict):
        raise Refused(400, "the body is no JSON object")
    return value


async def read(request: Request, limit: int) -> Json:
    """The JSON object that was sent, unpacked, within `limit` bytes.

    Raises:
        Refused: there is none.
    """
    body = await raw(request, limit)
    return parsed(unpacked(body, request.headers.get("content-encoding", ""), limit))


def text(value: object, *path: str) -> str:
    """The text at a path of keys; empty where there is none. Half characters become `?`, since no
    answer that repeats them could be sent."""
    found = at(value, *path)
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else ""


def at(value: object, *path: str) -> object:
    """What lies at a path of keys; None where nothing does."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def listed(value: object, *path: str) -> list[object]:
    """The list at a path of keys; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def needed(value: object, *path: str) -> str:
    """The text at a path of keys.

    Raises:
        Refused: there is none, or nothing but spaces (400).
    """
    if not (found := text(value, *path)).strip():
        raise Refused(400, f"{'.'.join(path)}: a text is needed")
    return found
