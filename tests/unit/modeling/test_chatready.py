import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import AddedToken
from tokenizers.processors import TemplateProcessing
from transformers import GPT2Config, GPT2LMHeadModel

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.io.models import hub
from chatloop.modeling.chatready import end_of_turn, make_chat_ready
from chatloop.stages.base import _template
from chatloop.tokens.rendering import Renderer
from chatloop.tokens.templates import CHATML, TEMPLATES


def untied_model(vocabulary: int) -> Any:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=vocabulary,
        n_embd=16,
        n_layer=1,
        n_head=2,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=1,
    )
    return GPT2LMHeadModel(config)


def test_a_base_without_a_template_is_given_the_projects(
    tokenizer_with: Callable[..., Any],
) -> None:
    tokenizer = tokenizer_with(None, special=())
    model = untied_model(len(tokenizer))
    before = model.get_input_embeddings().weight.detach().clone()
    make_chat_ready(model, tokenizer)
    assert tokenizer.chat_template == CHATML
    after = model.get_input_embeddings().weight.detach()
    # <|im_end|> was there, <|im_start|> is new and begins at the mean.
    assert len(after) == len(before) + 1 == len(tokenizer)
    torch.testing.assert_close(after[-1], before.mean(dim=0))
    assert torch.equal(after[:-1], before)
    assert model.generation_config.eos_token_id == [tokenizer.eos_token_id]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_named_in_params_replaces_the_bases_own(chatml: Any, name: str) -> None:
    tokenizer = copy.deepcopy(chatml)
    model = untied_model(len(tokenizer))
    assert f"given a chat template, {name}" in make_chat_ready(model, tokenizer, name)[0]
    renderer = Renderer(tokenizer)
    talk = [Message("system", "Be kind."), Message("user", "Hi"), Message("assistant", "Hello")]
    (example,) = renderer.encode(renderer.render(talk))
    prompt = renderer.prompt(talk[:2])
    assert prompt == example.ids[: len(prompt)].tolist()
    assert "Be kind." in tokenizer.decode(prompt)
    assert int(example.ids[example.supervised][-1]) in model.generation_config.eos_token_id
    assert len(tokenizer) <= model.get_input_embeddings().num_embeddings


def test_a_template_of_ones_own_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.jinja"
    path.write_text(CHATML, encoding="utf-8")
    assert _template(str(path)) == CHATML
    assert _template("alpaca") == "alpaca"
    assert _template(None) is None
    with pytest.raises(UserError, match=r"base\.template: .*chatml, llama3"):
        _template("no/such.jinja")


def test_a_base_with_a_template_keeps_it_and_its_weights(chatml: Any) -> None:
    model = untied_model(len(chatml))
    before = model.get_input_embeddings().weight.detach().clone()
    template = chatml.chat_template
    assert make_chat_ready(model, chatml) == []
    assert chatml.chat_template == template
    assert torch.equal(model.get_input_embeddings().weight, before)


def test_the_token_that_ends_a_turn_is_found_from_the_template(chatml: Any) -> None:
    assert end_of_turn(Renderer(chatml)) == chatml.convert_tokens_to_ids("<|im_end|>")


def test_a_tokenizer_of_another_model_is_refused(chatml: Any) -> None:
    with pytest.raises(UserError, match="do not belong together"):
        make_chat_ready(untied_model(len(chatml) - 1), chatml)


def test_real_weights_become_chat_ready(tinystories: Path) -> None:
    tokenizer, model = hub.load_tokenizer(tinystories), hub.load_model(tinystories)
    make_chat_ready(model, tokenizer)
    assert model.get_input_embeddings().num_embeddings == len(tokenizer) == 514
    assert model.generation_config.eos_token_id == [
        2,
        tokenizer.convert_tokens_to_ids("<|im_end|>"),
    ]


def test_an_ordinary_word_at_which_a_configuration_ends_by_default_ends_nothing(
    tokenizer_with: Any, small_model: Any
) -> None:
    tokenizer = tokenizer_with(None)
    small_model.generation_config.eos_token_id = [2 + len(tokenizer) // 2, tokenizer.eos_token_id]
    make_chat_ready(small_model, tokenizer)
    assert small_model.generation_config.eos_token_id == [tokenizer.eos_token_id]


def test_marks_that_are_tokens_are_called_special(tokenizer_with: Any, small_model: Any) -> None:
    tokenizer = tokenizer_with(CHATML, special=())
    tokenizer.add_tokens([AddedToken("<|im_start|>", special=False, normalized=False)])
    small_model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    assert "control tokens now: <|im_start|>" in make_chat_ready(small_model, tokenizer)
    ids = tokenizer("<|im_start|>hi", add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "hi"
    assert "<|im_end|>" in tokenizer.all_special_tokens


def test_a_text_begins_as_the_base_has_always_read_it(
    tokenizer_with: Any, small_model: Any
) -> None:
    tokenizer = tokenizer_with(None, special=("<s>",))
    tokenizer.bos_token = "<s>"
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", tokenizer.bos_token_id)]
    )
    make_chat_ready(small_model, tokenizer)
    text = Renderer(tokenizer).prompt_text([Message("user", "Hi")])
    assert text.startswith("<s><|im_start|>user")
