"""Adapters from training to the merged candidate, and back to a base."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from chatloop.errors import DataError, UserError
from chatloop.io.files import digests
from chatloop.io.models import adapters, candidate, hub
from chatloop.io.models.checkpoints import Checkpoints
from chatloop.modeling.adapting import agreement
from chatloop.modeling.adapting.adapters import merged
from chatloop.modeling.adapting.learner import Learner, make_learner
from chatloop.modeling.replicas import draws_random_numbers
from chatloop.modeling.scoring import be_deterministic
from chatloop.params import TrainParams
from chatloop.tokens.packing import Packed
from chatloop.training.loop import train_model
from tests.unit.training.test_resuming import PARAMS, EndsAfter, Interrupted

ADDED = [283, 284]
LORA = {"kind": "lora", "rank": 4, "alpha": 8.0}


def llama(vocabulary: int) -> Any:
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, pad_token_id=0, bos_token_id=None, eos_token_id=1,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def gpt2(vocabulary: int) -> Any:
    """Tied, and its matrices are held the other way round."""
    still = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
    config = GPT2Config(
        vocab_size=vocabulary, n_embd=16, n_layer=2, n_head=2, n_positions=64, **still,
        pad_token_id=0, bos_token_id=None, eos_token_id=1,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


@pytest.fixture(params=[llama, gpt2], ids=["llama", "gpt2"])
def base(request: pytest.FixtureRequest, chatml: Any, tmp_path: Path) -> Path:
    torch.manual_seed(1)
    return saved_base(request.param(len(chatml)), chatml, tmp_path / "base")


def saved_base(model: Any, tokenizer: Any, folder: Path) -> Path:
    hub.save(model, tokenizer, folder)
    hub.write_card(folder, source=str(folder), revision=None, licence=None, added_tokens=ADDED)
    return folder


def packed() -> Packed:
    generator = np.random.default_rng(5)
    ids = generator.integers(3, 285, (8, 32)).astype(np.int32)
    positions = np.tile(np.arange(32, dtype=np.int32), (8, 1))
    owner = np.repeat(np.arange(8, dtype=np.int32)[:, None], 32, axis=1)
    supervised = np.arange(32) >= np.full((8, 1), 6)
    return Packed(ids, positions, supervised, owner, supervised)


def params(threads: int = 1, **adapter: Any) -> TrainParams:
    said = {"optimizer": "adamw", "adapter": LORA | adapter, "learning_rate": 3e-2, "epochs": 2.0}
    said |= {"threads": threads}
    return TrainParams.model_validate({**PARAMS.model_dump(), **said})


def trained(base: Path, wish: TrainParams, keeper: Any = None) -> Learner:
    be_deterministic(wish.seed, wish.threads)
    learner = make_learner(hub.load_model(base), wish, ADDED)
    list(train_model(learner.model, packed(), packed(), 100, wish, *([keeper] if keeper else [])))
    return learner


def save(learner: Learner, wish: TrainParams, base: Path, folder: Path) -> Path:
    prompts = agreement.first_prompts(packed())
    candidate.save_candidate(learner, wish.adapter, base, folder, 32, prompts)
    return folder


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(torch.arange(3, 30).unsqueeze(0)).logits


def test_only_the_adapter_and_the_new_tokens_learn(base: Path) -> None:
    before = hub.load_model(base).state_dict()
    learner = trained(base, params())
    (line,) = learner.said
    assert line.startswith(f"{learner.learning:,} of {learner.total:,} parameters learn")
    assert "and 2 new tokens" in line
    held = dict(learner.model.named_parameters())
    for name, value in before.items():
        same = held.get(name, held.get(f"{name.removesuffix('.weight')}.base_layer.weight"))
        assert same is None or torch.equal(same, value)


@pytest.mark.parametrize("stabilized", [False, True])
def test_the_candidate_is_the_model_that_was_trained(
    base: Path, tmp_path: Path, stabilized: bool
) -> None:
    wish = params(rank_stabilized=stabilized)
    learner = trained(base, wish)
    folder = save(learner, wish, base, tmp_path / "candidate")
    whole = hub.load_model(folder)
    torch.testing.assert_close(logits(whole), logits(learner.model), rtol=1e-5, atol=1e-5)
    changed = (logits(whole) - logits(hub.load_model(base))).abs().max()
    assert changed > 0.1
    # The tokens that the base was given were all the same, and can be told apart now.
    rows = whole.get_output_embeddings().weight[ADDED]
    assert not torch.equal(rows[0], rows[1])
    card = json.loads((folder / "card.json").read_text())
    assert card["adapter"]["rank"] == 4
    assert card["trainable_parameters"] == learner.learning


def test_qlora_learns_beside_rounded_weights_and_is_merged_into_these(
    base: Path, tmp_path: Path
) -> None:
    pytest.importorskip("bitsandbytes", reason="the extra qlora is not installed")
    from chatloop.modeling.adapting.quantizing import round_weights

    wish = params(kind="qlora")
    first, second = (trained(base, wish) for _ in range(2))
    folder = save(first, wish, base, tmp_path / "candidate")
    whole, rounded = hub.load_model(folder), hub.load_model(base)
    torch.testing.assert_close(logits(whole), logits(first.model), rtol=1e-4, atol=1e-4)
    origin = adapters.origin_of(folder / "adapter")
    assert origin.quantization == "nf4"
    assert origin.weights_sha256 == adapters.weights_sha256(rounded)
    assert digests(save(second, wish, base, tmp_path / "again")) == digests(folder)
    round_weights(rounded)
    again = merged(rounded, *adapters.read(folder / "adapter"))
    assert adapters.weights_sha256(again) == adapters.weights_sha256(whole)


def test_peft_itself_reads_the_adapter(base: Path, tmp_path: Path) -> None:
    from peft import PeftModel

    wish = params()
    learner = trained(base, wish)
    folder = save(learner, wish, base, tmp_path / "candidate")
    theirs = PeftModel.from_pretrained(hub.load_model(base), folder / "adapter")
    torch.testing.assert_close(logits(theirs), logits(learner.model), rtol=1e-5, atol=1e-5)


def test_the_same_training_writes_the_same_bytes(base: Path, tmp_path: Path) -> None:
    wish = params()
    first, second = (
        digests(save(trained(base, wish), wish, base, tmp_path / name)) for name in ("a", "b")
    )
    assert first == second
    assert "adapter/adapter_model.safetensors" in first


def test_a_half_merged_adapter_is_never_saved(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(model: Any, config: Any, tensors: Any) -> Any:
        layer = next(n for n, _ in model.named_modules() if n.endswith(("1.mlp.up_proj", "1.mlp.c_fc")))  # fmt: skip
        before = model.get_submodule(layer).weight.clone()
        done = merged(model, config, tensors)
        with torch.no_grad():
            done.get_submodule(layer).weight.copy_(before)
        return done

    monkeypatch.setattr(candidate, "merged", half)
    wish = params()
    learner = trained(base, wish)
    with pytest.raises(DataError, match="not the one that was trained"):
        save(learner, wish, base, tmp_path / "candidate")
    assert not (tmp_path / "candidate").exists()


def test_other_greedy_answers_alone_are_noticed() -> None:
    level = torch.tensor([[5.0, 1.0, 0.0], [5.0, 4.9999, 0.0], [0.0, 0.0, 0.0]])
    first, tie, other = (torch.tensor([0, 0, at]) for at in (0, 1, 2))
    assert agreement._same(first, first, level, 1e-3)
    assert agreement._same(first, tie, level, 1e-3)
    assert not agreement._same(first, other, level, 1e-3)
    assert not agreement._same(first, first[:2], level, 1e-3)


def test_prompts_end_where_the_first_answer_begins() -> None:
    rows = packed()
    found = agreement.first_prompts(rows, 3)
    assert found == [rows.ids[at, :6].tolist() for at in range(3)]


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_interrupted_it_ends_in_the_same_bits_and_keeps_no_frozen_weight(
    base: Path, tmp_path: Path, dropout: float
) -> None:
    wish = params(threads=2, dropout=dropout)

    def kept() -> Checkpoints:
        return Checkpoints(tmp_path / "scratch", "f" * 8, 3, print)

    def bits(learner: Learner) -> str:
        weights = [w.detach().numpy().tobytes() for w in learner.model.parameters()]
        return hashlib.sha256(b"".join(weights)).hexdigest()

    whole = bits(trained(base, wish))
    with pytest.raises(Interrupted):
        trained(base, wish, EndsAfter(kept(), 5))
    newest = kept().newest()
    assert newest is not None
    names = [name for name in newest[1] if name.startswith("weights.")]
    assert names
    assert all("lora_" in name or "trainable_tokens" in name for name in names)
    assert bits(trained(base, wish, kept())) == whole


def test_dropout_of_an_adapter_is_found_though_it_begins_at_zero(base: Path) -> None:
    for dropout, chance in ((0.0, False), (0.1, True)):
        learner = make_learner(hub.load_model(base), params(dropout=dropout), [])
        assert draws_random_numbers(learner.model) is chance


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"target": ["q_prj", "nothing"]}, r"train\.adapter\.target: (q_prj|nothing): no linear"),
        ({"target": ["lm_head"]}, "tied to the embeddings"),
    ],
)
def test_a_target_that_cannot_be_is_one_line(
    chatml: Any, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(UserError, match=says):
        make_learner(gpt2(len(chatml)), params(**change), [])


def test_frozen_layers_get_no_adapter(chatml: Any) -> None:
    wish = params().model_copy(update={"freeze": ("layers.0",)})
    learner = make_learner(llama(len(chatml)), wish, [])
    names = [name for name, w in learner.model.named_parameters() if w.requires_grad]
    assert names
    assert all(".layers.1." in name for name in names)


def test_new_tokens_that_cannot_learn_are_warned_of(chatml: Any) -> None:
    wish = PARAMS.model_copy(update={"freeze": ("embeddings",)})
    assert "hardly learn where a turn ends" in make_learner(gpt2(len(chatml)), wish, ADDED).said[-1]


def test_an_origin_of_other_weights_is_refused(base: Path, tmp_path: Path) -> None:
    wish = params()
    folder = save(trained(base, wish), wish, base, tmp_path / "candidate") / "adapter"
    origin, model = adapters.origin_of(folder), hub.load_model(base)
    adapters.check_base(folder, origin, model)
    with torch.no_grad():
        next(model.parameters()).view(-1)[0] += 1e-6
    with pytest.raises(UserError, match="this adapter is for another base"):
        adapters.check_base(folder, origin, model)
