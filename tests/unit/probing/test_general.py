from math import log2
from typing import Any

import pytest
import torch

from chatloop.modeling.measuring.reciting import nats_of
from chatloop.probing.general import blind_bits_per_byte, general_texts, plain


def test_the_texts_are_many_and_each_is_there_once() -> None:
    texts = general_texts()
    assert len(texts) == len(set(texts)) >= 150
    assert max(map(len, texts)) < 120


def test_every_byte_of_a_text_is_scored(chatml: Any) -> None:
    (one,) = plain(chatml, ["Снег шёл"], 64)
    assert one.ids[0] == chatml.eos_token_id
    assert one.supervised.tolist() == [False, *[True] * (len(one.ids) - 1)]
    assert one.answer_bytes == len("Снег шёл".encode())


def test_a_text_beyond_the_context_is_cut_with_its_bytes(chatml: Any) -> None:
    (one,) = plain(chatml, ["zzzzzzzzzz"], 5)
    assert (len(one.ids), one.answer_bytes) == (5, 4)


def test_a_model_without_any_idea_is_a_blind_guess(chatml: Any, small_model: Any) -> None:
    with torch.no_grad():
        small_model.transformer.wte.weight.zero_()
    examples = plain(chatml, general_texts()[:20], 128)
    nats = nats_of(small_model, chatml.pad_token_id, examples, 128, 4).sum()
    size = sum(one.answer_bytes for one in examples)
    blind = blind_bits_per_byte(examples, len(chatml))
    assert nats * log2(2.718281828459045) / size == pytest.approx(blind, rel=1e-4)
