import hashlib
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chatloop.conversation import Conversation, Message
from chatloop.errors import UserError
from chatloop.modeling.answering import Chatter, Sampling, answer
from chatloop.modeling.scoring import be_deterministic
from chatloop.params import TrainParams
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import Packed, pack
from chatloop.tokens.rendering import Renderer
from chatloop.training import loop
from chatloop.training.loop import train_model
from chatloop.training.memory import Memory
from chatloop.training.progress import Point
from chatloop.training.updating.schedule import learning_rate, rows_of_step

PARAMS = TrainParams(
    epochs=60.0, batch_rows=2, optimizer="adamw", learning_rate=1e-2, schedule="cosine", rows_at_once=8, warmup_share=0.1, weight_decay=0.0,
    clip_norm=1.0, supervise="all", evaluate_every=50, checkpoint_every=10, device="cpu", threads=2, seed=3,
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
    with pytest.raises(UserError, match=r"step 1 .* lower learning_rate"):
        trained(small_model, chatml)


@pytest.mark.parametrize(("shape", "end"), [("cosine", 0.1), ("linear", 0.01), ("wsd", 0.05)])
def test_the_rate_rises_then_falls(shape: str, end: float) -> None:
    rates = [learning_rate(step, 100, 1.0, 0.1, shape) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(end, abs=0.002)
    assert (rates[79] == 1.0) is (shape == "wsd")


@given(st.integers(1, 40), st.integers(1, 4), st.integers(1, 9))
def test_parts_hold_each_row_once_and_none_is_too_large(rows: int, workers: int, most: int) -> None:
    parts = Memory(most).parts(np.arange(rows), workers)
    assert np.concatenate(parts).tolist() == list(range(rows))
    assert max(map(len, parts)) <= most
    assert min(map(len, parts)) >= 1


def test_out_of_memory_goes_on_with_fewer_rows_to_the_same_loss(
    small_model: Any, chatml: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    start = {name: value.clone() for name, value in small_model.state_dict().items()}
    params = PARAMS.model_copy(update={"epochs": 4.0, "threads": 1})
    whole = trained(small_model, chatml, params)
    small_model.load_state_dict(start)
    real = loop.batch_of

    def scarce(packed: Packed, rows: Any, device: Any) -> Any:
        if len(rows) > 1:
            raise torch.OutOfMemoryError
        return real(packed, rows, device)

    monkeypatch.setattr(loop, "batch_of", scarce)
    fewer = trained(small_model, chatml, params.model_copy(update={"rows_at_once": 2}))
    assert [point.loss for point in fewer] == pytest.approx([p.loss for p in whole], rel=1e-4)
    said = [record.message for record in caplog.records if record.name == "chatloop.training"]
    assert said == ["out of memory: goes on with 1 rows at once"]


def test_a_row_that_does_not_fit_is_one_line(
    small_model: Any, chatml: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_fits(*_: Any) -> Any:
        raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 byte")

    monkeypatch.setattr(loop, "batch_of", none_fits)
    with pytest.raises(UserError, match=r"lower tokenize\.context"):
        trained(small_model, chatml)


def test_an_epoch_sees_every_row_once_in_an_order_of_its_own() -> None:
    epochs = [
        [row for step in range(4 * epoch, 4 * epoch + 4) for row in rows_of_step(step, 10, 3, 1)]
        for epoch in range(2)
    ]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1]
