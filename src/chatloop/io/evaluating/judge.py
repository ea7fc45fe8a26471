"""The judge: one call to an OpenAI-compatible endpoint, or the reply that it gave before.

    with open_judge(params, Path(".dvc/tmp/judge")) as judge:
        judge.ask([{"role": "user", "content": "…"}])  →  Reply(text='{"better": "A"}', …)

Whatever goes wrong is a word in the reply, never an exception and never a score. Replies are kept
by the content of the question, so that the same question is asked once. Nothing is logged.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from chatloop.conversation import ChatMessage
from chatloop.errors import UserError
from chatloop.io.files import fingerprint, write_json
from chatloop.judging.reply import Reply
from chatloop.params.evaluate import JudgeParams

MAX_BODY = 2**20
MAX_TOKENS_SAID = 10**9
FAILED_IN_A_ROW = 3  # after so many the endpoint is taken for gone, and the rest is not asked


class Judge:
    """Asks at most `max_calls` times; replies that are kept cost no call."""

    def __init__(
        self, runner: asyncio.Runner, client: httpx.AsyncClient, params: JudgeParams, kept: Path
    ) -> None:
        self._runner, self._client, self._params, self._kept = runner, client, params, kept
        self._calls, self._failed = 0, 0

    def ask(self, messages: list[ChatMessage]) -> Reply:
        """The reply to a question."""
        wish = {
            "model": self._params.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": self._params.max_tokens,
        }
        place = self._kept / f"{fingerprint([self._params.url, wish])}.json"
        before = _read(place)
        if before is not None:
            return before
        if self._calls >= self._params.max_calls or self._failed >= FAILED_IN_A_ROW:
            return Reply(None, "not_asked")
        self._calls += 1
        reply = self._runner.run(self._call(wish))
        self._failed = 0 if reply.failure is None else self._failed + 1
        if reply.failure is None:
            said = {"text": reply.text, "input": reply.input_tokens, "output": reply.output_tokens}
            write_json(place, said)
        return reply

    async def _call(self, wish: dict[str, Any]) -> Reply:
        """One call; the time is that of all of it, however slowly the endpoint drips."""
        try:
            async with asyncio.timeout(self._params.timeout_seconds):
                return await self._post(wish)
        except (TimeoutError, httpx.TimeoutException):
            return Reply(None, "timeout")
        except httpx.RemoteProtocolError:
            return Reply(None, "junk")
        except httpx.TransportError:
            return Reply(None, "unreachable")

    async def _post(self, wish: dict[str, Any]) -> Reply:
        body = bytearray()
        async with self._client.stream("POST", "chat/completions", json=wish) as response:
            if response.status_code != httpx.codes.OK:
                return Reply(None, "refused")
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > MAX_BODY:
                    return Reply(None, "junk")
        return _reply(bytes(body))


@contextmanager
def open_judge(params: JudgeParams, kept: Path) -> Iterator[Judge]:
    """A judge for as long as the block lasts; redirects are not followed.

    Raises:
        UserError: the variable that should hold the key is not set.
    """
    client = httpx.AsyncClient(
        base_url=f"{str(params.url).rstrip('/')}/",
        headers={"Accept-Encoding": "identity", **_key(params.key_env)},
        timeout=params.timeout_seconds,
        trust_env=not params.is_loopback,  # a proxy has no business on this machine
    )
    with asyncio.Runner() as runner:
        try:
            yield Judge(runner, client, params, kept)
        finally:
            runner.run(client.aclose())


def _key(variable: str | None) -> dict[str, str]:
    if variable is None:
        return {}
    key = os.environ.get(variable, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise UserError(
            f"evaluate.judge.key_env: {variable} holds no key; set it to that of the judge, or "
            "evaluate.judge.url to null"
        )
    return {"Authorization": f"Bearer {key}"}


def _reply(body: bytes) -> Reply:
    try:
        said = json.loads(body)
        text = said["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return Reply(None, "junk")
    if not isinstance(text, str):
        return Reply(None, "junk")
    usage = said.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    return Reply(text, None, _tokens(counts, "prompt"), _tokens(counts, "completion"))


def _tokens(usage: dict[str, Any], which: str) -> int | None:
    count = usage.get(f"{which}_tokens")
    if not isinstance(count, int) or isinstance(count, bool):
        return None
    return count if 0 <= count <= MAX_TOKENS_SAID else None


def _read(place: Path) -> Reply | None:
    """A reply that was kept; one that is damaged is asked for again."""
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
        reply = Reply(said["text"], None, said["input"], said["output"], cached=True)
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return reply if isinstance(reply.text, str) else None
