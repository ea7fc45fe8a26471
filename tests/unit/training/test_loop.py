import hashlib
from typing import Any

import pytest
import torch

from chatloop.conversation import Conversation, Message
from chatloop.errors import UserError
from chatloop.modeling.answering import Chatter, Sampling, answer
from chatloop.modeling.scoring import be_deterministic
from chatloop.params import TrainParams
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import Packed, pack
from chatloop.tokens.rendering import Renderer
from chatloop.training.loop import train_model
from chatloop.training.progress import Point
from chatloop.training.schedule import learning_rate, rows_of_step

PARAMS = TrainParams(
    epochs=60.0, batch_rows=2, optimizer="adamw", learning_rate=1e-2, warmup_share=0.1, weight_decay=0.0,
    clip_norm=1.0, evaluate_every=50, checkpoint_every=10, device="cpu", threads=2, seed=3,
)  # fmt: skip
PAIRS = [("where is my order", "it left us today"), ("thanks", "bye"), ("hello", "how can I help")]
TALKS = [
    Conversation(f"c{at}", (Message("user", question), Message("assistant", reply)))
    for at, (question, reply) in enumerate(PAIRS)
]


def rows(tokenizer: Any) -> tuple[Packed, int]:
    fitted = Fitter(Renderer(tokenizer), 64, "split").fit(TALKS)
    answer_bytes = sum(example.answer_bytes for example in fitted.examples)
    return pack(fitted.examples, 64, tokenizer.pad_token_id), answer_bytes


def trained(model: Any, tokenizer: Any, params: TrainParams = PARAMS) -> list[Point]:
    be_deterministic(params.seed, params.threads)
    packed, answer_bytes = rows(tokenizer)
    return list(train_model(model, packed, packed, answer_bytes, params))


def bits(model: Any) -> str:
    weights = b"".join(p.detach().numpy().tobytes() for p in model.parameters())
    return hashlib.sha256(weights).hexdigest()


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_few_conversations_are_learned_by_heart_word_for_word(
    small_model: Any, chatml: Any, optimizer: str
) -> None:
    points = trained(small_model, chatml, PARAMS.model_copy(update={"optimizer": optimizer}))
    assert points[-1].loss < 0.02
    assert points[-1].validation_bits_per_byte is not None
    assert points[-1].validation_bits_per_byte < 0.05
    chatter = Chatter(small_model.eval(), chatml, Renderer(chatml))
    for question, reply in PAIRS:
        assert answer(chatter, [Message("user", question)], Sampling(max_tokens=40)) == reply


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_the_same_seed_ends_in_the_same_bits(small_model: Any, chatml: Any, optimizer: str) -> None:
    start = {name: value.clone() for name, value in small_model.state_dict().items()}
    params = PARAMS.model_copy(update={"epochs": 5.0, "optimizer": optimizer})
    trained(small_model, chatml, params)
    first = bits(small_model)
    small_model.load_state_dict(start)
    trained(small_model, chatml, params)
    assert bits(small_model) == first
    small_model.load_state_dict(start)
    trained(small_model, chatml, params.model_copy(update={"seed": 4, "learning_rate": 2e-2}))
    assert bits(small_model) != first


def test_only_answers_teach(small_model: Any, chatml: Any) -> None:
    packed, answer_bytes = rows(chatml)
    packed.supervised[:] = False
    before = bits(small_model)
    params = PARAMS.model_copy(update={"epochs": 1.0})
    list(train_model(small_model, packed, packed, answer_bytes, params))
    assert bits(small_model) == before


def test_a_loss_that_is_no_number_stops_and_says_what_to_lower(
    small_model: Any, chatml: Any
) -> None:
    with torch.no_grad():
        small_model.get_input_embeddings().weight[5:] = float("nan")
    with pytest.raises(UserError, match=r"step 1 .* lower train\.learning_rate"):
        trained(small_model, chatml)


def test_the_rate_rises_then_falls_to_a_tenth() -> None:
    rates = [learning_rate(step, 100, 1.0, 0.1) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.1)


def test_an_epoch_sees_every_row_once_in_an_order_of_its_own() -> None:
    epochs = [
        [row for step in range(4 * epoch, 4 * epoch + 4) for row in rows_of_step(step, 10, 3, 1)]
        for epoch in range(2)
    ]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1]
