"""Pieces of an answer from an engine's draws: text, tokens, and why it ends.

async for piece in answer(engine.stream(prompt, sampling, ends), tokenizer, sampling, ends):
    Piece(text="It left", tokens=(Token(412, " left", -0.2, ()),), finish=None)
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, cast

from chatloop.serve.engines.engine import Draw
from chatloop.serve.model import Finish, Piece, Sampling, Token
from chatloop.serve.text.detokenizer import Detokenizer
from chatloop.serve.text.stops import Stops


async def answer(
    draws: AsyncIterator[Draw], tokenizer: Any, sampling: Sampling, ends: frozenset[int]
) -> AsyncIterator[Piece]:
    """One piece a token, the last with `finish`; the token that ends an answer is not one of it."""
    text, stops, drawn = Detokenizer(tokenizer), Stops(sampling.stop), 0
    async with aclosing(cast("AsyncGenerator[Draw, None]", draws)) as stream:
        async for draw in stream:
            drawn += 1
            if draw.id in ends:
                yield _last("", (), text, stops, "stop")
                return
            token = (_token(draw, tokenizer),)
            shown, stopped = stops.push(text.push(draw.id))
            if stopped:
                yield Piece(shown, token, "stop")
                return
            if drawn >= sampling.max_tokens:
                yield _last(shown, token, text, stops, "length")
                return
            yield Piece(shown, token, None)


def _last(
    shown: str, tokens: tuple[Token, ...], text: Detokenizer, stops: Stops, finish: Finish
) -> Piece:
    """With all that was held back; a stop string may be whole only now."""
    rest, stopped = stops.push(text.finish())
    if stopped:
        return Piece(shown + rest, tokens, "stop")
    return Piece(shown + rest + stops.finish(), tokens, finish)


def _token(draw: Draw, tokenizer: Any) -> Token:
    top = tuple((token, _text(tokenizer, token), logprob) for token, logprob in draw.top)
    return Token(draw.id, _text(tokenizer, draw.id), draw.logprob, top)


def _text(tokenizer: Any, token: int) -> str:
    """A token by itself; a part of a character is shown as broken."""
    return str(
        tokenizer.decode([token], skip_special_tokens=False, clean_up_tokenization_spaces=False)
    )
