"""Base models as they come from elsewhere: layouts, damages, adapters."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, OPTConfig, OPTForCausalLM

from chatloop.errors import UserError
from chatloop.io.files import read_json
from chatloop.io.models import adapters, candidate, hub
from chatloop.modeling.adapting.agreement import first_prompts
from chatloop.modeling.adapting.learner import make_learner
from chatloop.modeling.scoring import be_deterministic
from chatloop.params import BaseParams, Tiny, TrainParams
from chatloop.stages.base import base
from chatloop.training.loop import train_model
from tests.unit.modeling.adapting.test_adapters import packed
from tests.unit.training.test_resuming import PARAMS

TINY = Tiny(vocab_size=300, layers=1, width=16, heads=2, context=64, seed=1)


def llama(vocabulary: int, **more: Any) -> Any:
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=64, pad_token_id=None,
        bos_token_id=None, eos_token_id=1, **more,
    )  # fmt: skip
    return LlamaForCausalLM(config)


@pytest.fixture
def tokenizer(tokenizer_with: Any) -> Any:
    one = tokenizer_with(None, special=())
    one.pad_token = None
    return one


@pytest.fixture
def folder(tmp_path: Path, tokenizer: Any) -> Path:
    place = tmp_path / "hub"
    llama(len(tokenizer)).save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place


def run(place: Path, model: Path) -> Path:
    out = place / "base"
    base(
        BaseParams(model=str(model), revision=None, tiny=TINY),
        place / "none.parquet",
        place / "base.json",
        out,
    )
    return out


def refused(place: Path, model: Path) -> str:
    with pytest.raises(UserError) as caught:
        run(place, model)
    assert "\n" not in str(caught.value)
    assert not (place / "base").exists()
    return str(caught.value)


def test_a_base_is_made_ready_and_its_card_says_what_it_was_given(
    tmp_path: Path, folder: Path, tokenizer: Any
) -> None:
    out = run(tmp_path, folder)
    card = read_json(out / "card.json")
    assert card["added_tokens"] == [len(tokenizer)]  # <|im_end|> was there
    assert hub.load_tokenizer(out).pad_token_id is not None


@pytest.mark.parametrize("tied", [True, False])
def test_weights_in_bfloat16_and_in_several_files_are_read(
    tmp_path: Path, tokenizer: Any, tied: bool
) -> None:
    place = tmp_path / "hub"
    model = llama(len(tokenizer), tie_word_embeddings=tied).to(torch.bfloat16)
    model.save_pretrained(place, max_shard_size="4KB")
    tokenizer.save_pretrained(place)
    assert len(list(place.glob("*.safetensors"))) > 1
    done = hub.load_model(run(tmp_path, place))
    assert done.dtype == torch.float32
    expected = model.model.layers[0].mlp.up_proj.weight.float()
    assert torch.equal(done.model.layers[0].mlp.up_proj.weight, expected)
    assert (done.lm_head.weight is done.model.embed_tokens.weight) is tied


def test_a_generation_config_of_its_own_is_carried_on(tmp_path: Path, folder: Path) -> None:
    told = {"do_sample": False, "temperature": 0.6, "top_p": 0.9, "eos_token_id": [1, 2]}
    (folder / "generation_config.json").write_text(json.dumps(told))
    assert 1 in GenerationConfig.from_pretrained(run(tmp_path, folder)).eos_token_id


def test_a_file_of_weights_that_is_missing_is_named(tmp_path: Path, tokenizer: Any) -> None:
    place = tmp_path / "hub"
    llama(len(tokenizer)).save_pretrained(place, max_shard_size="8KB")
    tokenizer.save_pretrained(place)
    gone = sorted(place.glob("*.safetensors"))[1]
    gone.unlink()
    assert f"lacks {gone.name}" in refused(tmp_path, place)


def test_weights_that_are_missing_are_not_made_up(tmp_path: Path, folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert "lack 1 weights of LlamaForCausalLM" in refused(tmp_path, folder)


def test_a_file_that_is_cut_is_one_line(tmp_path: Path, folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-40])
    assert "cannot be loaded as a language model" in refused(tmp_path, folder)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pad_token_id": 99_999},
        {"num_attention_heads": 0},
        {"hidden_size": "16"},
        {"num_hidden_layers": None},
        {"model_type": "never heard of"},
    ],
)
def test_a_config_that_is_wrong_is_one_line(
    tmp_path: Path, folder: Path, wrong: dict[str, Any]
) -> None:
    config = read_json(folder / "config.json") | wrong
    (folder / "config.json").write_text(json.dumps(config))
    assert str(folder) in refused(tmp_path, folder)


def test_pickled_weights_are_refused(tmp_path: Path, folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "has no *.safetensors" in refused(tmp_path, folder)


def test_code_of_somebody_elses_is_not_run(tmp_path: Path, folder: Path) -> None:
    config = read_json(folder / "config.json")
    config |= {
        "model_type": "mine",
        "auto_map": {"AutoModelForCausalLM": "own.Model", "AutoConfig": "own.C"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text("raise SystemExit('run')")
    assert str(folder) in refused(tmp_path, folder)


def test_a_model_that_looks_across_conversations_is_refused(tmp_path: Path, tokenizer: Any) -> None:
    place = tmp_path / "hub"
    config = OPTConfig(
        vocab_size=len(tokenizer), hidden_size=16, word_embed_proj_dim=16, ffn_dim=32,
        num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=64,
    )  # fmt: skip
    OPTForCausalLM(config).save_pretrained(place)
    tokenizer.save_pretrained(place)
    assert "OPTForCausalLM looks from one conversation" in refused(tmp_path, place)


@pytest.fixture
def adapter(tmp_path: Path, folder: Path) -> Path:
    """A candidate's adapter, trained a little on the base that `folder` becomes."""
    made = run(tmp_path / "first", folder)
    wish = {"optimizer": "adamw", "adapter": {"rank": 2, "alpha": 8.0}, "learning_rate": 3e-2}
    params = TrainParams.model_validate(
        {**PARAMS.model_dump(), **wish, "epochs": 1.0, "threads": 1}
    )
    be_deterministic(1, 1)
    added = read_json(made / "card.json")["added_tokens"]
    learner = make_learner(hub.load_model(made), params, added)
    rows = packed()
    list(train_model(learner.model, rows, rows, 100, params))
    done = tmp_path / "candidate"
    candidate.save_candidate(learner, params.adapter, made, done, 32, first_prompts(rows))
    return done / "adapter"


def test_an_adapter_is_a_base_and_is_merged_into_its_own(tmp_path: Path, adapter: Path) -> None:
    done = hub.load_model(run(tmp_path, adapter)).state_dict()
    merged = hub.load_model(adapter.parent).state_dict()
    assert set(done) == set(merged)
    assert all(torch.equal(value, merged[name]) for name, value in done.items())


def test_an_adapter_for_another_base_is_refused(
    tmp_path: Path, adapter: Path, folder: Path
) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["model.layers.0.mlp.up_proj.weight"][0, 0] += 1e-3
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert "this adapter is for another base" in refused(tmp_path, adapter)


def test_an_adapter_that_does_not_name_its_base_is_refused(tmp_path: Path, adapter: Path) -> None:
    (adapter / "base.json").unlink()
    assert "does not say which weights" in refused(tmp_path, adapter)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("peft_type", "IA3", "only LORA is understood"),
        ("alora_invocation_tokens", [1], "sets alora"),
    ],
)
def test_another_method_than_lora_is_refused(
    tmp_path: Path, adapter: Path, key: str, value: object, says: str
) -> None:
    config = read_json(adapter / adapters.CONFIG)
    (adapter / adapters.CONFIG).write_text(json.dumps({**config, key: value}))
    assert says in refused(tmp_path, adapter)


def test_an_adapter_whose_tensors_do_not_fit_is_refused(tmp_path: Path, adapter: Path) -> None:
    tensors = load_file(adapter / adapters.WEIGHTS)
    lost = sorted(name for name in tensors if "lora_A" in name)[0]
    save_file({n: t for n, t in tensors.items() if n != lost}, adapter / adapters.WEIGHTS)
    assert "does not fit" in refused(tmp_path, adapter)


def test_a_pickled_adapter_is_refused(tmp_path: Path, adapter: Path) -> None:
    (adapter / adapters.WEIGHTS).rename(adapter / "adapter_model.bin")
    assert "other formats can run code" in refused(tmp_path, adapter)


def test_qlora_without_bitsandbytes_names_the_extra(folder: Path) -> None:
    if importlib.util.find_spec("bitsandbytes"):
        pytest.skip("bitsandbytes is installed")
    wish = {"optimizer": "adamw", "adapter": {"kind": "qlora"}}
    params = TrainParams.model_validate({**PARAMS.model_dump(), **wish})
    with pytest.raises(UserError, match=r"pip install 'chatloop\[qlora\]'"):
        make_learner(hub.load_model(folder), params, [])
