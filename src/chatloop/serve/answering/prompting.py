"""Messages to ids off the event loop, and what goes where the conversation is too long.

Prompt([1, 512, …], room=256, dropped=0)
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.serve.model import Model
from chatloop.serve.wire.errors import ApiError, invalid

SHARE_OF_ANSWER = 4  # of the context, a fourth is kept for an answer where turns may be dropped


@dataclass(frozen=True)
class Prompt:
    """Ids, how many tokens the answer may have, and how many messages were left out."""

    ids: list[int]
    room: int
    dropped: int = 0


class Prompting:
    """One thread: renderers and tokenizers are no place for two, and long texts block nobody."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "prompt")

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def chat(
        self, model: Model, messages: Sequence[Message], wish: int, *, truncate: bool
    ) -> Prompt:
        """The prompt of a conversation.

        Raises:
            ApiError: 400, the template has no place for these roles, or it is too long.
        """
        return await self._run(lambda: fitted(model, messages, wish, truncate=truncate), "messages")

    async def text(self, model: Model, text: str, wish: int) -> Prompt:
        """The prompt of bare text; raises as `chat` does."""
        return await self._run(lambda: _bare(model, text, wish), "prompt")

    async def _run(self, task: Callable[[], Prompt], param: str) -> Prompt:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, task)
        except UserError as error:
            raise invalid(param, str(error)) from None


def fitted(model: Model, messages: Sequence[Message], wish: int, *, truncate: bool) -> Prompt:
    """All messages where there is room for one token more; else, where asked for, without the
    oldest: whole exchanges go, the system's message stays, and a fourth is left for the answer.

    Raises:
        ApiError: 400 `context_length_exceeded`.
    """
    ids = model.prompt(messages)
    wanted = min(wish, model.context // SHARE_OF_ANSWER) if truncate else 1
    if model.context - len(ids) >= max(wanted, 1):
        return Prompt(ids, min(wish, model.context - len(ids)))
    if not truncate:
        raise _too_long(len(ids), model.context, "messages")
    starts = _turns(messages)
    short: Prompt | None = None
    low, high = 0, len(starts) - 1
    while low <= high:  # the first that fits: what is dropped only grows
        middle = (low + high) // 2
        begin, kept = starts[middle]
        ids = model.prompt(kept)
        if model.context - len(ids) >= wanted:
            short = Prompt(ids, min(wish, model.context - len(ids)), begin)
            high = middle - 1
        else:
            low = middle + 1
    if short is None:
        raise _too_long(len(ids), model.context, "messages")
    return short


def _turns(messages: Sequence[Message]) -> list[tuple[int, list[Message]]]:
    """Where a conversation may begin instead, with how many messages that leaves out."""
    start = 0
    while start < len(messages) and messages[start].role == "system":
        start += 1
    system = list(messages[:start])
    later = [at for at in range(start + 1, len(messages)) if messages[at].role == "user"]
    return [(at - start, [*system, *messages[at:]]) for at in later]


def _bare(model: Model, text: str, wish: int) -> Prompt:
    ids = model.encode(text)
    if not ids:
        raise invalid("prompt", "has no tokens")
    if len(ids) >= model.context:
        raise _too_long(len(ids), model.context, "prompt")
    return Prompt(ids, min(wish, model.context - len(ids)))


def _too_long(tokens: int, context: int, param: str) -> ApiError:
    return ApiError(
        400,
        f"{param}: {tokens:,} tokens, and the model can look at {context:,} with its answer; "
        'shorten it, or send "truncation": "auto"',
        param=param,
        code="context_length_exceeded",
    )
