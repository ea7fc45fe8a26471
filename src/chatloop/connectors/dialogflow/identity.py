"""Whether an identity token (OpenID Connect) comes from the service account of one's own agent.

Google's keys are fetched for that, once an hour; nothing is where no audience is set.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from cachetools import TTLCache

from chatloop.connectors.callers import Verify
from chatloop.errors import UserError

_HOUR = 3600.0
# google-auth's transport: (url, method=…, …) gives status, headers and data.
Fetch = Callable[..., Any]


def verifier(audience: str, account: str, fetch: Fetch | None = None) -> Verify:
    """What tells a good token: signed by Google, for this audience, of this account.

    Raises:
        UserError: google-auth is not installed.
    """
    try:
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - an extra
        from google.auth.transport.requests import Request  # noqa: PLC0415
        from google.oauth2 import id_token  # noqa: PLC0415
    except ImportError:
        raise UserError("identity tokens: pip install 'chatloop[dialogflow]'") from None
    verify_oauth2_token: Callable[..., Any] = id_token.verify_oauth2_token
    keys = _once_an_hour(fetch or Request())

    def good(token: str) -> bool:
        try:
            claims = verify_oauth2_token(token, keys, audience, clock_skew_in_seconds=10)
        except (GoogleAuthError, ValueError, KeyError, TypeError):
            return False
        return claims.get("email") == account and claims.get("email_verified") is True

    async def verify(token: str) -> bool:
        return await asyncio.to_thread(good, token)

    return verify


def _once_an_hour(fetch: Fetch) -> Fetch:
    """Google's keys change within days; a caller with a bad token must not make us fetch them."""
    held: TTLCache[str, Any] = TTLCache(4, _HOUR, time.monotonic)

    def fetched(url: str, method: str = "GET", **rest: Any) -> Any:
        found = held.get(url)
        if found is None:
            found = fetch(url, method=method, **rest)
            if found.status == 200:  # noqa: PLR2004 - HTTP's own
                held[url] = found
        return found

    return fetched
