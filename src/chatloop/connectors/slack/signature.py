"""Whether a request is Slack's own and a new one (docs.slack.dev, "Verifying requests from Slack").

X-Slack-Request-Timestamp: 1782000000    X-Slack-Signature: v0=a2114d57b48eac39b9ad189dd8316…
"""

import hashlib
import hmac
from collections.abc import Mapping

from chatloop.connectors.callers import same
from chatloop.connectors.request import Refused

_OLDEST = 300  # seconds, as Slack advises
_DIGITS = 12


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v0=` and the HMAC-SHA256 of `v0:timestamp:body`, in hex."""
    signed = b"v0:" + timestamp.encode() + b":" + body
    return f"v0={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def check_signature(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """That the body was signed with the secret, within the last five minutes.

    Raises:
        Refused: it was not (401).
    """
    timestamp = headers.get("x-slack-request-timestamp", "")
    whole = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _DIGITS
    if not whole or abs(now - int(timestamp)) > _OLDEST:
        raise Refused(401, "X-Slack-Request-Timestamp: none, or too old")
    if not same(headers.get("x-slack-signature", ""), signature(secret, timestamp, body)):
        raise Refused(401, "X-Slack-Signature: none, or a wrong one")
