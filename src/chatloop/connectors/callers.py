"""Who may call: a token, Basic, or an identity token that Google signed; compared in constant time.

Authorization: Basic cmFzYTpzM2NyZXQ=    X-Chatloop-Token: s3cret    POST /rasa/nlg?token=s3cret
"""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Iterable

from fastapi import Request

from chatloop.connectors.request import Refused

TOKEN_HEADER = "X-Chatloop-Token"  # noqa: S105 - a header's name
# Whether an identity token is a good one.
Verify = Callable[[str], Awaitable[bool]]


def same(given: str, secret: str) -> bool:
    """Whether both are equal, in a time that does not tell how far."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode("utf-8"))


def _one_of(given: Iterable[str], secret: str | None) -> bool:
    return secret is not None and any(same(one, secret) for one in given)


def _credentials(request: Request, scheme: str) -> str:
    said, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if said.lower() == scheme else ""


def tokens(request: Request) -> list[str]:
    """Every place where a token may stand: Bearer, our own header, Rasa's query parameter."""
    places = (
        _credentials(request, "bearer"),
        request.headers.get(TOKEN_HEADER, ""),
        request.query_params.get("token", ""),
    )
    return [place for place in places if place]


def basic(request: Request) -> list[str]:
    """`user:password` as Basic carries it (RFC 7617)."""
    try:
        return [base64.b64decode(_credentials(request, "basic"), validate=True).decode()]
    except (binascii.Error, UnicodeDecodeError):
        return []


async def check(
    request: Request,
    *,
    token: str | None = None,
    user_password: str | None = None,
    verify: Verify | None = None,
) -> None:
    """That the caller shows one of the secrets that are set; anybody may where none is.

    Raises:
        Refused: none is shown (401).
    """
    if token is None and user_password is None and verify is None:
        return
    if _one_of(tokens(request), token) or _one_of(basic(request), user_password):
        return
    bearer = _credentials(request, "bearer")
    if verify and bearer and await verify(bearer):
        return
    offers = {"WWW-Authenticate": 'Basic realm="chatloop"'} if user_password else None
    raise Refused(401, "no token, or a wrong one", offers)
