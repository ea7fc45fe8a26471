from dataclasses import replace
from functools import wraps
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    GPT2Config,
    LlamaConfig,
    MambaConfig,
    OPTConfig,
    PreTrainedConfig,
    Qwen3Config,
)

from chatloop.conversation import Message
from chatloop.modeling.answering import Chatter, Sampling, answer, fit_prompt, generate_one
from chatloop.modeling.measuring.generating import (
    _Gumbel,
    _lengths_may_differ,
    _up_to_end,
    generate_answers,
)
from chatloop.tokens.rendering import Renderer

SIZE = {"vocab_size": 320, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
LLAMA_LIKE = SIZE | {"intermediate_size": 64, "num_key_value_heads": 1, "head_dim": 16}
LLAMA_LIKE |= {"max_position_embeddings": 256}
SHAPES: dict[str, PreTrainedConfig] = {
    "gpt2": GPT2Config(vocab_size=320, n_embd=32, n_layer=2, n_head=2, n_positions=256),
    "llama": LlamaConfig(**LLAMA_LIKE),
    "qwen3": Qwen3Config(**LLAMA_LIKE),
    "gemma2": Gemma2Config(**LLAMA_LIKE, sliding_window=16, final_logit_softcapping=30.0),
    "opt": OPTConfig(
        **SIZE, ffn_dim=64, max_position_embeddings=256, word_embed_proj_dim=32, pad_token_id=0
    ),
    "mamba": MambaConfig(vocab_size=320, hidden_size=32, num_hidden_layers=2, state_size=4),
}
TALKS = [
    [
        Message("system", "be kind"),
        Message("user", f"where is my order {at * 37}" + " please" * (at % 5)),
        *([Message("assistant", "it left"), Message("user", "thanks " * at)] if at % 2 else []),
    ]
    for at in range(1, 7)
]
GREEDY = Sampling(max_tokens=12)


def chatter_of(shape: str, tokenizer: Any) -> Chatter:
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(SHAPES[shape]).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(3.0)  # far from uniform, so that a wrong mask or position shows
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, 90, 91, 92, 93, 94, 95]
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return Chatter(model, tokenizer, Renderer(tokenizer))


@pytest.fixture
def chatter(chatml: Any) -> Chatter:
    return chatter_of("llama", chatml)


def one_by_one(chatter: Chatter, talks: list[list[Message]]) -> list[tuple[int, ...]]:
    """What plain transformers says."""
    found = []
    for messages in talks:
        prompt, room = fit_prompt(chatter, messages, GREEDY.max_tokens)
        ids = torch.tensor([prompt])
        with torch.inference_mode():
            out = chatter.model.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=room, do_sample=False
            )
        found.append(tuple(_up_to_end(out[0, len(prompt) :].tolist(), chatter.ends)))
    return found


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_batch_answers_greedily_token_for_token_as_one_by_one(shape: str, chatml: Any) -> None:
    chatter = chatter_of(shape, chatml)
    found = generate_answers(chatter, TALKS, GREEDY)
    assert [one.ids for one in found if one] == one_by_one(chatter, TALKS)
    assert [one.text for one in found if one] == [answer(chatter, t, GREEDY) for t in TALKS]


def test_a_model_that_looks_at_padding_is_not_padded(chatter: Chatter) -> None:
    forward = chatter.model.forward

    @wraps(forward)
    def looks(*arguments: Any, attention_mask: Any = None, **named: Any) -> Any:
        return forward(*arguments, **named)

    assert _lengths_may_differ(chatter)
    chatter.model.forward = looks
    assert not _lengths_may_differ(chatter)
    found = generate_answers(chatter, TALKS, GREEDY)
    assert [one.ids for one in found if one] == one_by_one(chatter, TALKS)


def test_settings_that_look_back_are_kept(chatter: Chatter) -> None:
    chatter.model.generation_config.repetition_penalty = 1.7
    chatter.model.generation_config.no_repeat_ngram_size = 2
    found = generate_answers(chatter, TALKS, GREEDY)
    assert [one.ids for one in found if one] == one_by_one(chatter, TALKS)


def test_a_row_that_nearly_ties_is_generated_by_itself(
    chatter: Chatter, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = []

    def alone(*arguments: Any) -> Any:
        again.append(arguments[1])
        return generate_one(*arguments)

    with torch.no_grad():  # every second token is the same as the one before it
        weight = chatter.model.get_output_embeddings().weight
        weight[1::2] = weight[0::2]
    monkeypatch.setattr("chatloop.modeling.measuring.generating.generate_one", alone)
    found = generate_answers(chatter, TALKS, GREEDY)
    assert len(again) == len(TALKS)
    assert [one.ids for one in found if one] == one_by_one(chatter, TALKS)


def test_what_ends_is_told_from_what_was_cut_off(chatter: Chatter) -> None:
    found = [one for one in generate_answers(chatter, TALKS, GREEDY) if one]
    assert all(one.ended == (one.ids[-1] in chatter.ends) for one in found)
    assert all(one.ended or len(one.ids) == GREEDY.max_tokens for one in found)


def test_a_draw_depends_on_the_prompt_and_the_seed_alone(chatter: Chatter) -> None:
    wish = Sampling(temperature=1.0, top_p=0.95, top_k=50, max_tokens=16, seed=3)
    found = generate_answers(chatter, TALKS, wish)
    assert found == generate_answers(chatter, TALKS, wish)
    assert found[::-1] == generate_answers(chatter, TALKS[::-1], wish)
    assert found != generate_answers(chatter, TALKS, replace(wish, seed=4))
    assert found != generate_answers(chatter, TALKS, replace(wish, temperature=0.0))


def test_draws_follow_the_softmax() -> None:
    logits = torch.randn(20, generator=torch.Generator().manual_seed(0)).expand(4000, -1)
    drawn = _Gumbel(range(4000))(None, logits).argmax(dim=-1)
    shares = torch.bincount(drawn, minlength=20) / 4000
    torch.testing.assert_close(shares, torch.softmax(logits[0], dim=-1), atol=0.03, rtol=0)


def test_what_the_model_cannot_hold_is_none(chatter: Chatter) -> None:
    found = generate_answers(chatter, [TALKS[0], [Message("user", "x" * 900)]], GREEDY)
    assert [one is None for one in found] == [False, True]
    assert generate_answers(chatter, [], GREEDY) == []
