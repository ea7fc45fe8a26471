"""Dialogflow: what the webhooks of ES (v2) and CX (v3) share.

{"error": {"code": 400, "message": "session: a text is needed", "status": "INVALID_ARGUMENT"}}
"""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import Request

from chatloop.connectors.callers import check
from chatloop.connectors.dialogflow.identity import verifier
from chatloop.connectors.request import KIB
from chatloop.errors import UserError

TOKEN = "CHATLOOP_DIALOGFLOW_TOKEN"  # noqa: S105 - a variable's name
BASIC = "CHATLOOP_DIALOGFLOW_BASIC"
AUDIENCE = "CHATLOOP_DIALOGFLOW_AUDIENCE"
ACCOUNT = "CHATLOOP_DIALOGFLOW_SERVICE_ACCOUNT"
SECRETS = (TOKEN, BASIC, AUDIENCE)

# Google's own limit for a webhook, both ways.
LIMIT = 64 * KIB
# Far below the limit also where every character takes four bytes and stands there twice.
_LONGEST = 4096
# Names of google.rpc.Code.
_STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 413: "OUT_OF_RANGE"}
Known = Callable[[Request], Awaitable[None]]


def known(secrets: Mapping[str, str]) -> Known:
    """What checks a caller: a header, Basic, or Google's identity token.

    Raises:
        UserError: an audience is set without the account that may ask for it.
    """
    audience, account = secrets.get(AUDIENCE), secrets.get(ACCOUNT)
    if audience and not account:
        raise UserError(
            f"{ACCOUNT} is not set, and anybody at Google can have a token for {AUDIENCE}; set it "
            "to service-PROJECT_NUMBER@gcp-sa-dialogflow.iam.gserviceaccount.com"
        )
    verify = verifier(audience, account) if audience and account else None
    token, user_password = secrets.get(TOKEN), secrets.get(BASIC)
    if user_password is not None and ":" not in user_password:
        raise UserError(f"{BASIC}: write user:password")

    async def check_caller(request: Request) -> None:
        await check(request, token=token, user_password=user_password, verify=verify)

    return check_caller


def refusal(status: int, reason: str) -> object:
    """An error as Google's APIs say it."""
    return {"error": {"code": status, "message": reason, "status": _STATUS.get(status, "UNKNOWN")}}


def fit(said: str) -> str:
    """A text of a length that a text response may have."""
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
