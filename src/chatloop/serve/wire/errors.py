"""Errors in OpenAI's shape.

400 {"error": {"message": "temperature: Input should be less than or equal to 2",
               "type": "invalid_request_error", "param": "temperature", "code": null}}
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
SERVER = 500
LONGEST_NAME = 200
UNREAD = "There was an error parsing the body"  # what FastAPI says of bytes that are no text, too
NO_JSON = "the body is not JSON in UTF-8"


class ErrorDetail(BaseModel):
    """What went wrong, in which field, and a word that a program can act on."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(BaseModel):
    """Every answer that is no 2xx."""

    error: ErrorDetail


class ApiError(HTTPException):
    """A refusal. `code` is its stable word, in metrics and in the answer; `retry_after` seconds."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        if status == 401:  # noqa: PLR2004
            headers["www-authenticate"] = "Bearer"
        super().__init__(status, message, headers or None)
        self.code, self.param = code, param

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of it."""
        return error_body(self.status_code, str(self.detail), self.param, self.code)


def invalid(param: str, message: str, code: str | None = None) -> ApiError:
    """A field that is wrong."""
    return ApiError(400, f"{param}: {message}", param=param, code=code)


def unknown_model(name: str, names: Sequence[str]) -> ApiError:
    """A model that is not served here."""
    served = ", ".join(names) or "none yet"
    return ApiError(
        404,
        f"The model {clean(name)!r} is not served here; served: {served}",
        param="model",
        code="model_not_found",
    )


def error_body(status: int, message: str, param: str | None, code: str | None) -> dict[str, Any]:
    """OpenAI's shape of an error."""
    kind = TYPES.get(status, "server_error" if status >= SERVER else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def error_response(
    status: int,
    message: str,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error, ready to be sent."""
    body = error_body(status, message, param, code)
    return JSONResponse(body, status, headers=dict(headers or {}))


def http_error(error: HTTPException) -> JSONResponse:
    """Starlette's and our own exceptions in OpenAI's shape."""
    if error.detail == UNREAD:
        return error_response(400, NO_JSON, code="invalid_json")
    code, param = getattr(error, "code", None), getattr(error, "param", None)
    return error_response(error.status_code, str(error.detail), param, code, error.headers)


def not_served(method: str, path: str) -> JSONResponse:
    """A path that nobody serves; clients ask for parts of OpenAI's API that are not here."""
    said = f"{clean(f'{method} {path}')} is not served here; /docs says what is"
    return error_response(404, said, code="not_found")


def validation_error(error: RequestValidationError, content_type: str = "") -> JSONResponse:
    """The first wrong field by name; values are not repeated, they may be somebody's words.

    What comes as another type than JSON is read by nobody: a page of another site could send it.
    """
    first = error.errors()[0]
    place = [part for part in first["loc"] if part not in ("body", "query", "path", "header")]
    if first["type"] == "json_invalid":
        return error_response(400, NO_JSON, code="invalid_json")
    message = str(first["msg"]).removeprefix("Value error, ")
    param = clean(_path(place))
    if not place and first["type"] == "value_error":  # of fields together, which it names
        param, _, message = (clean(part) for part in message.partition(": "))
    if not param:
        said = "the body is not a JSON object"
        if not _says_json(content_type):
            said = "the body is read where it is sent with Content-Type: application/json"
        return error_response(400, said, code="invalid_body")
    if first["type"] == "extra_forbidden":
        return error_response(400, f"{param}: no such field", param, "unknown_parameter")
    if message.startswith("unsupported: "):
        message = message.removeprefix("unsupported: ")
        return error_response(400, f"{param}: {message}", param, "unsupported_parameter")
    return error_response(400, f"{param}: {clean(message)}", param, "invalid_value")


def _says_json(content_type: str) -> bool:
    """Whether a body of this type is read: application/json, application/problem+json."""
    kind, _, sub = content_type.partition(";")[0].strip().lower().partition("/")
    return kind == "application" and (sub == "json" or sub.endswith("+json"))


def _path(place: Sequence[int | str]) -> str:
    """`messages[0].content`: without the names that unions give their members."""
    path = ""
    for part in place:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not any(mark in part for mark in "[(-") and part not in ("str", "int", "list"):
            path += f".{part}" if path else part
    return path


def clean(text: str) -> str:
    """Short and printable, whatever somebody sent."""
    text = text[:LONGEST_NAME].encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else "?" for character in text)
