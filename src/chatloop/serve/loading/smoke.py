"""Whether a version that was just loaded answers at all, before anybody else asks it.

The first questions also warm it: memory is taken, kernels are chosen.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.serve.model import Model, Piece, Sampling

QUESTIONS = ("Hello!", "What can you do for me?", "Thank you.")
SECONDS = 120.0
TOKENS = 8


def smoke_test(model: Model) -> None:
    """Ask the version, greedy, one by one and all at once.

    Raises:
        UserError: no answer, an empty one to everything, or one of numbers that are none.
    """
    try:
        alone, together = asyncio.run(asyncio.wait_for(_ask(model), SECONDS))
    except TimeoutError as error:
        raise UserError(f"it did not answer within {SECONDS:g} seconds") from error
    tokens = [token for pieces in together for piece in pieces for token in piece.tokens]
    if not tokens or not any(piece.tokens for pieces in alone for piece in pieces):
        raise UserError("its answers are empty")
    if not all(token.logprob is not None and math.isfinite(token.logprob) for token in tokens):
        raise UserError("its probabilities are no numbers")


async def _ask(model: Model) -> tuple[Sequence[Any], Sequence[Any]]:
    """Plain ones, then with probabilities and at once, so that both ways through are taken."""
    wish = Sampling(max_tokens=TOKENS)
    alone = [await _answer(model, text, wish) for text in QUESTIONS]
    looked = replace(wish, top_logprobs=1)
    return alone, await asyncio.gather(*(_answer(model, text, looked) for text in QUESTIONS))


async def _answer(model: Model, text: str, wish: Sampling) -> list[Piece]:
    prompt = model.prompt([Message("user", text)])
    return [piece async for piece in model.stream(prompt, wish)]
