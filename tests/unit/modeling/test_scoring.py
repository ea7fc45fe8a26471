from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    Gemma2Config,
    GPT2Config,
    GraniteConfig,
    LlamaConfig,
    MistralConfig,
    PreTrainedConfig,
    Qwen2Config,
)

from chatloop.conversation import Conversation, Message
from chatloop.modeling.measuring.judging import score_conversations
from chatloop.modeling.replicas import replicas
from chatloop.modeling.row_scores import score_rows
from chatloop.modeling.scoring import sparse_logits
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import pack
from chatloop.tokens.rendering import Renderer

SIZE = {"vocab_size": 320, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
LLAMA_LIKE = SIZE | {"intermediate_size": 64, "num_key_value_heads": 1, "head_dim": 16}
SHAPES: dict[str, PreTrainedConfig] = {
    "gpt2": GPT2Config(
        vocab_size=320, n_embd=32, n_layer=2, n_head=2, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0
    ),
    "llama": LlamaConfig(**LLAMA_LIKE),
    "qwen2": Qwen2Config(**LLAMA_LIKE),
    "mistral": MistralConfig(**LLAMA_LIKE, sliding_window=16),
    # These cap or scale their logits, so head(body) alone would be wrong.
    "gemma2": Gemma2Config(**LLAMA_LIKE, sliding_window=16, final_logit_softcapping=2.0),
    "cohere": CohereConfig(**LLAMA_LIKE, logit_scale=0.25),
    "granite": GraniteConfig(**LLAMA_LIKE, logits_scaling=8.0),
}


@pytest.fixture(params=sorted(SHAPES))
def model(request: pytest.FixtureRequest) -> Any:
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(SHAPES[request.param]).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(3.0)  # far from uniform, so that a wrong mask shows
    return model


def talks(count: int) -> list[Conversation]:
    return [
        Conversation(
            f"c{at}",
            (
                Message("user", f"where is my order {at}"),
                Message("assistant", f"your order {at * 7} left us today"),
                Message("user", "thanks " * (at % 3)),
                Message("assistant", "bye"),
            ),
        )
        for at in range(count)
    ]


def nats_one_by_one(model: Any, renderer: Renderer, conversations: list[Conversation]) -> Any:
    """What plain transformers says, a conversation at a time and without any packing."""
    found = []
    for talk in conversations:
        (example,) = renderer.encode(renderer.render(talk.messages))
        ids = torch.tensor(example.ids[None], dtype=torch.long)
        with torch.no_grad():
            logs = torch.log_softmax(model(ids).logits[0, :-1].double(), dim=-1)
        wanted = torch.from_numpy(example.supervised[1:])
        found.append(-float(logs[torch.arange(len(logs)), ids[0, 1:]][wanted].sum()))
    return np.array(found)


def test_packed_scores_are_those_of_each_conversation_alone(model: Any, chatml: Any) -> None:
    conversations = talks(9)
    scores = score_conversations(model, chatml, conversations, 200, 2)
    expected = nats_one_by_one(model, Renderer(chatml), conversations)
    np.testing.assert_allclose(scores.nats, expected, rtol=1e-4)
    assert scores.answer_bytes[3] == len("your order 21 left us today") + len("bye")


def test_changing_one_conversation_leaves_the_others_bit_equal(model: Any, chatml: Any) -> None:
    fitted = Fitter(Renderer(chatml), 200, "split").fit(talks(6))
    packed = pack(fitted.examples, 200, chatml.pad_token_id)
    with replicas(model, 1) as team:
        before = score_rows(team, packed, 4, 6)
    packed.ids[packed.examples == 2] = 77
    with replicas(model, 1) as team:
        after = score_rows(team, packed, 4, 6)
    changed = before != after
    assert changed.tolist() == [at == 2 for at in range(6)]


def test_logits_of_few_positions_are_those_of_the_whole_model(model: Any) -> None:
    ids = torch.randint(0, 320, (2, 12), generator=torch.Generator().manual_seed(0))
    positions = torch.arange(12).expand(2, -1)
    wanted = torch.rand(2, 11, generator=torch.Generator().manual_seed(1)) < 0.5
    with torch.no_grad():
        expected = model(input_ids=ids).logits[:, :-1][wanted]
        found = sparse_logits(model)(ids, positions, wanted)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
