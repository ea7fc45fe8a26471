"""Says something in Slack, through Slack's own client.

await post("C1", "It left us today.", "1782000000.000100")  →  "1782000004.000200"
"""

import asyncio
from typing import Protocol

from chatloop.errors import UserError

_SECONDS = 20


class Post(Protocol):
    """The one thing that goes out to Slack."""

    async def __call__(self, channel: str, said: str, thread: str | None) -> str:
        """Posts into a channel or thread; gives the new message's timestamp, which is its id."""
        ...


def poster(token: str, base_url: str | None = None) -> Post:
    """Posts with a bot's token; waits where Slack says that it is too much at once.

    Raises:
        UserError: slack-sdk is not installed.
    """
    try:
        from slack_sdk import WebClient  # noqa: PLC0415 - an extra
        from slack_sdk.http_retry import RateLimitErrorRetryHandler  # noqa: PLC0415
    except ImportError:
        raise UserError("Slack: pip install 'chatloop[slack]'") from None
    client = WebClient(token, base_url=base_url or WebClient.BASE_URL, timeout=_SECONDS)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=2))

    async def post(channel: str, said: str, thread: str | None) -> str:
        sent = await asyncio.to_thread(
            client.chat_postMessage, channel=channel, text=said, thread_ts=thread,
            unfurl_links=False, unfurl_media=False,
        )  # fmt: skip
        return str(sent.get("ts") or "")

    return post
