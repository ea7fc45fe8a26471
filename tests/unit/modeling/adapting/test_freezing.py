from typing import Any

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from chatloop.errors import UserError
from chatloop.modeling.adapting.freezing import freeze, frozen_names, trainable
from chatloop.params import TrainParams
from chatloop.training.loop import train_model
from chatloop.training.updating.optimizers import build_optimizers
from tests.unit.training.test_resuming import PARAMS, packed


def llama(tied: bool = False) -> Any:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=4,
            num_attention_heads=2, tie_word_embeddings=tied, pad_token_id=0,
        )
    )  # fmt: skip


def gpt2() -> Any:
    return GPT2LMHeadModel(GPT2Config(vocab_size=64, n_embd=16, n_layer=3, n_head=2))


@pytest.mark.parametrize(
    ("model", "pattern", "names"),
    [
        (llama(), "embeddings", {"model.embed_tokens.weight"}),
        (llama(), "lm_head", {"lm_head.weight"}),
        (llama(), "head", {"lm_head.weight"}),
        # The head has no weight of its own: the model's name for it is that of the embeddings.
        (llama(tied=True), "head", {"model.embed_tokens.weight"}),
        (llama(), "model.norm", {"model.norm.weight"}),
        (llama(), "layers.2.mlp.up_proj", {"model.layers.2.mlp.up_proj.weight"}),
        (llama(), "up_proj", {f"model.layers.{at}.mlp.up_proj.weight" for at in range(4)}),
        (llama(), "layers.[01].*.q_proj", {f"model.layers.{at}.self_attn.q_proj.weight" for at in (0, 1)}),
        (gpt2(), "embeddings", {"transformer.wte.weight", "transformer.wpe.weight"}),
    ],
)  # fmt: skip
def test_a_name_means_what_people_mean_by_it(model: Any, pattern: str, names: set[str]) -> None:
    assert frozen_names(model, [pattern]) == names


@pytest.mark.parametrize("model", [llama(), gpt2()])
def test_blocks_are_counted_whatever_the_model_calls_them(model: Any) -> None:
    names = frozen_names(model, ["layers.0-1"])
    assert {int(part) for name in names for part in name.split(".") if part.isdigit()} == {0, 1}
    assert frozen_names(model, ["layers.2"]).isdisjoint(names)


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("embedings", "near: embeddings"),
        ("q_prj", "near: q_proj"),
        ("layers.3-9", "has 4 layers, layers.0 to layers.3"),
        ("layers.3-1", "has 4 layers"),
        ("zzz", "no such part of LlamaForCausalLM"),
    ],
)
def test_a_pattern_that_means_nothing_is_one_line(pattern: str, says: str) -> None:
    with pytest.raises(UserError, match=r"train\.freeze") as caught:
        frozen_names(llama(), [pattern])
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_tied_head_is_frozen_with_the_embeddings_and_it_is_said() -> None:
    model = llama(tied=True)
    (line,) = freeze(model, frozen_names(model, ["embeddings"]))
    assert "tied" in line
    assert not model.lm_head.weight.requires_grad


def test_all_frozen_is_refused() -> None:
    model = llama()
    with pytest.raises(UserError, match="every weight"):
        freeze(model, frozen_names(model, ["*"]))


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_frozen_weights_keep_their_bits_and_have_no_optimizer(optimizer: str) -> None:
    torch.manual_seed(0)
    model = llama()
    chosen = frozen_names(model, ["embeddings", "layers.0-2"])
    freeze(model, chosen)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    params = TrainParams.model_validate({**PARAMS.model_dump(), "optimizer": optimizer})
    held = [p for each in build_optimizers(model, params) for g in each.param_groups for p in g["params"]]  # fmt: skip
    assert sum(weight.numel() for weight in held) == trainable(model)
    *_, last = train_model(model, packed(), packed(), 100, params)
    changed = {name for name, w in model.named_parameters() if not torch.equal(w, before[name])}
    assert changed == set(before) - chosen
    assert last.loss > 0
