"""That training teaches: 32 conversations by heart, and every answer again, word for word."""

from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    GemmaConfig,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    PreTrainedConfig,
    Qwen2Config,
)

from chatloop.conversation import Conversation, Message
from chatloop.modeling.adapting.learner import make_learner
from chatloop.modeling.answering import Chatter, Sampling, answer
from chatloop.modeling.scoring import be_deterministic
from chatloop.params import TrainParams
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import pack
from chatloop.tokens.rendering import Renderer
from chatloop.training.loop import train_model

SIZE = {"num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 256}
BODY = SIZE | {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_key_value_heads": 1,
    "head_dim": 32,
}
SHAPES: dict[str, type[PreTrainedConfig]] = {
    "llama": LlamaConfig,
    "qwen2": Qwen2Config,
    "mistral": MistralConfig,
    "gemma": GemmaConfig,
}
CONTEXT = 128
COLOURS = ("red", "blue", "green", "gray")
# Its embeddings are scaled up, so the same rate is a larger step.
OWN = {"gemma": {"learning_rate": 5e-3, "schedule": "linear", "epochs": 60.0}}
NEAR_ZERO = 0.05  # nats a token
PARAMS = TrainParams(
    epochs=50.0, batch_rows=1, rows_at_once=8, optimizer="muon", learning_rate=1e-2,
    schedule="linear", warmup_share=0.05, weight_decay=0.0, clip_norm=1.0, evaluate_every=1000,
    checkpoint_every=1000, device="cpu", threads=1, seed=3,
)  # fmt: skip


def conversations() -> list[Conversation]:
    return [
        Conversation(
            f"c{at}",
            (
                Message("user", f"{at}?"),
                Message("assistant", f"{at * 37 % 101} in {COLOURS[at % 4]}"),
            ),
        )
        for at in range(32)
    ]


def shape(name: str, tokenizer: Any) -> Any:
    marks = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    marks |= {"eos_token_id": tokenizer.eos_token_id, "bos_token_id": None}
    torch.manual_seed(1)
    if name == "gpt2":
        still = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
        config: Any = GPT2Config(n_embd=64, n_layer=2, n_head=2, n_positions=256, **still, **marks)
    else:
        config = SHAPES[name](**BODY, **marks)
    return AutoModelForCausalLM.from_config(config)


def learned(model: Any, tokenizer: Any, params: TrainParams) -> float:
    """Trains; the mean loss of the last steps, in nats a token."""
    talks = conversations()
    fitted = Fitter(Renderer(tokenizer), CONTEXT, "split").fit(talks)
    packed = pack(fitted.examples, CONTEXT, tokenizer.pad_token_id)
    be_deterministic(params.seed, params.threads)
    *_, last = train_model(model, packed, packed, 1000, params)
    return last.loss


def repeated(model: Any, tokenizer: Any) -> list[bool]:
    """For each conversation, whether the greedy answer is the one that was taught."""
    chatter = Chatter(model.eval(), tokenizer, Renderer(tokenizer))
    wish = Sampling(max_tokens=16)
    return [
        answer(chatter, talk.messages[:1], wish) == talk.messages[1].content
        for talk in conversations()
    ]


@pytest.mark.parametrize("name", ["gpt2", *SHAPES])
def test_each_shape_learns_32_conversations_by_heart(name: str, chatml: Any) -> None:
    model = shape(name, chatml)
    params = PARAMS.model_copy(update=OWN.get(name, {}))
    assert learned(model, chatml, params) < NEAR_ZERO
    assert all(repeated(model, chatml))


def test_an_adapter_alone_learns_them_too(chatml: Any) -> None:
    wish = {"adapter": {"rank": 64, "alpha": 64.0}, "optimizer": "adamw", "learning_rate": 5e-3}
    params = TrainParams.model_validate({**PARAMS.model_dump(), **wish, "epochs": 60.0})
    # The base has random weights, so all of its tokens learn, as new ones do.
    learner = make_learner(shape("llama", chatml), params, range(len(chatml)))
    frozen = {n: w.clone() for n, w in learner.model.named_parameters() if not w.requires_grad}
    assert learned(learner.model, chatml, params) < NEAR_ZERO
    assert all(repeated(learner.model, chatml))
    weights = dict(learner.model.named_parameters())
    assert all(torch.equal(weights[name], value) for name, value in frozen.items())
