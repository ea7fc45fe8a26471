"""Pieces joined are the whole, cut at the stop; no part of a stop string is ever shown."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from chatloop.serve.engines.engine import Draw
from chatloop.serve.model import Piece, Sampling
from chatloop.serve.text.answering import answer
from chatloop.serve.text.detokenizer import Detokenizer
from chatloop.serve.text.stops import Stops

WORDS = ["▁the", "▁cat", "s", "▁", "é", "▁naïve", "...", "▁a", "日本", "</s>", "\n"]


@pytest.fixture(scope="module")
def sentencepiece() -> Any:
    """Words with a mark for the space before them; bytes for what no word covers, as in Llama."""
    pieces = [f"<0x{byte:02X}>" for byte in range(256)] + WORDS
    tokenizer = Tokenizer(
        models.BPE({piece: i for i, piece in enumerate(pieces)}, [], byte_fallback=True)
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>")


def whole(tokenizer: Any, ids: list[int]) -> str:
    return tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def pieces(tokenizer: Any, ids: list[int]) -> list[str]:
    text = Detokenizer(tokenizer)
    return [*(text.push(token) for token in ids), text.finish()]


@given(data=st.data())
@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize("kind", ["chatml", "sentencepiece"])
def test_pieces_joined_are_the_whole(
    kind: str, data: st.DataObject, request: pytest.FixtureRequest
) -> None:
    tokenizer = request.getfixturevalue(kind)
    ids = data.draw(st.lists(st.integers(0, len(tokenizer) - 1), max_size=30))
    assert "".join(pieces(tokenizer, ids)) == whole(tokenizer, ids)


def test_a_control_token_does_not_end_a_run_of_bytes(sentencepiece: Any) -> None:
    eos = sentencepiece.eos_token_id
    for ids in ([0, eos, 128], [0xC3, eos, 0xA9], [0xC3, eos, eos, 257]):
        assert "".join(pieces(sentencepiece, ids)) == whole(sentencepiece, ids)


@given(text=st.text(max_size=12))
@settings(max_examples=40, deadline=None)
def test_only_whole_characters_are_shown(text: str, chatml: Any) -> None:
    ids = chatml(text, add_special_tokens=False)["input_ids"]
    shown = pieces(chatml, ids)
    assert "".join(shown) == whole(chatml, ids)
    assert "�" in text or not any("�" in piece for piece in shown)


@given(
    parts=st.lists(st.text(alphabet="abc\n", max_size=4), max_size=12),
    stops=st.lists(st.text(alphabet="abc\n", min_size=1, max_size=4), max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_a_stop_string_is_never_shown_even_in_part(parts: list[str], stops: list[str]) -> None:
    text, held, stopped = "", Stops(stops), False
    for part in parts:
        shown, stopped = held.push(part)
        text += shown
        if stopped:
            break
    said = "".join(parts)
    found = [at for stop in stops if (at := said.find(stop)) >= 0]
    if stopped:
        # A stop is known when its last character comes: one that began earlier may end later.
        assert said.startswith(text)
        assert not any(stop in text for stop in stops)
    else:
        assert not found
        assert text + held.finish() == said


def test_a_stop_over_several_tokens_ends_the_answer(chatml: Any) -> None:
    ids = chatml("your order left us", add_special_tokens=False)["input_ids"]
    found = _answer(chatml, ids, Sampling(stop=("order le",)))
    assert "".join(piece.text for piece in found) == "your "
    assert [piece.finish for piece in found][-1] == "stop"


@pytest.mark.parametrize(("most", "finish"), [(3, "length"), (50, "stop")])
def test_the_last_piece_says_why(chatml: Any, most: int, finish: str) -> None:
    ids = chatml("your order left us", add_special_tokens=False)["input_ids"]
    found = _answer(chatml, [*ids, chatml.eos_token_id][:most], Sampling(max_tokens=most))
    assert [piece.finish for piece in found] == [None] * (len(found) - 1) + [finish]
    tokens = [token.id for piece in found for token in piece.tokens]
    assert tokens == ids[:most]


def _answer(tokenizer: Any, ids: list[int], wish: Sampling) -> list[Piece]:
    async def draws() -> AsyncIterator[Draw]:
        for token in ids:
            yield Draw(token)

    async def collected() -> list[Piece]:
        ends = frozenset({tokenizer.eos_token_id})
        return [piece async for piece in answer(draws(), tokenizer, wish, ends)]

    return asyncio.run(collected())
