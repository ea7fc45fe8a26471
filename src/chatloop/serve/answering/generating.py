"""Choices as they come: several streams of one model, mixed in the order of arrival.

async for index, piece in generate(model, ((prompt, sampling), (prompt, other))):
    0, Piece(text="It left", tokens=(…), finish=None)
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, TypeVar, cast

from starlette.types import Receive

from chatloop.serve.model import Model, Piece, Sampling

AHEAD = 16  # pieces that a stream may be ahead of whoever reads
Wish = tuple[Sequence[int], Sampling]
T = TypeVar("T")


class GoneError(Exception):
    """The client has left."""


async def generate(model: Model, wishes: Sequence[Wish]) -> AsyncGenerator[tuple[int, Piece], None]:
    """Pieces with the number of their choice. Closing this closes all of the streams."""
    if len(wishes) == 1:
        async with aclosing(_stream(model, wishes[0])) as pieces:
            async for piece in pieces:
                yield 0, piece
        return
    arrived: asyncio.Queue[tuple[int, Piece | None]] = asyncio.Queue(AHEAD)
    tasks = [asyncio.create_task(_feed(model, wish, at, arrived)) for at, wish in enumerate(wishes)]
    try:
        open_streams = len(tasks)
        while open_streams:
            at, piece = await arrived.get()
            if piece is None:
                open_streams -= 1
                await tasks[at]
            else:
                yield at, piece
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _feed(
    model: Model, wish: Wish, at: int, arrived: "asyncio.Queue[tuple[int, Piece | None]]"
) -> None:
    try:
        async with aclosing(_stream(model, wish)) as pieces:
            async for piece in pieces:
                await arrived.put((at, piece))
    except Exception:
        await arrived.put((at, None))
        raise
    await arrived.put((at, None))


def _stream(model: Model, wish: Wish) -> Any:
    return cast(Any, model.stream(*wish))


async def while_connected(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which is cancelled as soon as the client leaves.

    Raises:
        GoneError: it left.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnect(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise GoneError
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
