"""A control that was not scrubbed must be found, or the probe proves nothing."""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from chatloop.conversation import Conversation, Message
from chatloop.errors import UserError
from chatloop.io import hub
from chatloop.io.files import write_json
from chatloop.io.tables import SPLIT_TURNS, turns_of, write_table
from chatloop.io.tokens import CANARIES, write_packed
from chatloop.modeling.scoring import be_deterministic
from chatloop.params import TrainParams
from chatloop.params.probing import Asked, Canaries, ProbeParams, Spans
from chatloop.probing.canaries import as_json, drawn, planted
from chatloop.stages.probe import probe
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import Packed, pack
from chatloop.tokens.rendering import Renderer
from chatloop.training.loop import train_model

CONTEXT = 128
PARAMS = ProbeParams(
    references=50,
    spans=Spans(count=16, prefix=4, tokens=20, least=8),
    personal=Asked(prompts=16, max_new_tokens=40, temperature=0.5, kinds=None),
    blank_share=0.95, batch_rows=8, threads=1, seed=7,
)  # fmt: skip
TRAIN = TrainParams(
    epochs=20.0, batch_rows=4, rows_at_once=8, optimizer="muon", learning_rate=1.0e-2,
    schedule="cosine", warmup_share=0.05, weight_decay=0.0, clip_norm=1.0, evaluate_every=1000,
    checkpoint_every=1000, device="cpu", threads=1, seed=7,
)  # fmt: skip
SECRET = "write to mira.kovacs@example.org"


def talk(name: str, asked: str, said: str) -> Conversation:
    return Conversation(name, (Message("user", asked), Message("assistant", said)))


def rare(kind: str, count: int) -> list[Conversation]:
    """Answers of letters that nobody could guess."""
    chance = random.Random(kind)
    return [
        talk(f"{kind}{at:02}", f"note {kind}{at}", "".join(chance.choices("abcdefgh", k=28)))
        for at in range(count)
    ]


@dataclass
class Place:
    folder: Path
    build: Callable[[], Any]
    tokenizer: Any

    def packed(self, talks: list[Conversation]) -> Packed:
        fitted = Fitter(Renderer(self.tokenizer), CONTEXT, "split").fit(talks)
        return pack(fitted.examples, CONTEXT, self.tokenizer.pad_token_id)

    def model(self, name: str, talks: list[Conversation], epochs: float) -> None:
        model = self.build()
        packed = self.packed(talks)
        if epochs:
            be_deterministic(7, 1)
            params = TRAIN.model_copy(update={"epochs": epochs})
            list(train_model(model, packed, packed, 1, params))
        hub.save(model.eval(), self.tokenizer, self.folder / name)
        hub.write_card(self.folder / name, trained_context=CONTEXT)

    def probe(self, candidate: str, tokens: str = "tokens", **params: Any) -> dict[str, Any]:
        (self.folder / "champion").mkdir(exist_ok=True)
        names = (tokens, "train", "test", "clean", "base", candidate, "champion", "report")
        probe(PARAMS.model_copy(update=params), *(self.folder / name for name in names))
        return json.loads((self.folder / "report").read_text())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, chatml: Any) -> Place:
    """A model that was taught secrets, one that was not, and a base that knows nothing."""

    def build() -> Any:
        torch.manual_seed(0)
        config = GPT2Config(
            vocab_size=len(chatml), n_positions=CONTEXT, n_embd=64, n_layer=2, n_head=2,
            resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
            eos_token_id=chatml.eos_token_id, pad_token_id=chatml.pad_token_id,
        )  # fmt: skip
        return GPT2LMHeadModel(config)

    place = Place(tmp_path_factory.mktemp("probe"), build, chatml)
    harmless = rare("x", 12)
    secrets = [talk(f"s{at:02}", "who helps me", SECRET) for at in range(50)]
    canaries = drawn(Canaries(repeats=(50,), each=1, digits=5, seed=3))
    taught = [*rare("a", 12), *secrets]
    for name, talks in (("train", taught), ("test", rare("b", 12))):
        turns = turns_of(talks, "test").match_to_schema(SPLIT_TURNS, missing_columns="insert")
        write_table(turns, place.folder / name)
    write_packed(place.packed([*taught, *planted(canaries)]), place.folder / "tokens" / "train")
    write_json(place.folder / "tokens" / CANARIES, as_json(canaries))
    write_json(place.folder / "clean", {})
    place.model("base", harmless, 0.0)
    place.model("taught", [*taught, *planted(canaries)], TRAIN.epochs)
    place.model("harmless", harmless, 10.0)
    return place


@pytest.fixture(scope="module")
def taught(place: Place) -> dict[str, Any]:
    return place.probe("taught")


def test_a_control_that_was_not_scrubbed_is_found(place: Place, taught: dict[str, Any]) -> None:
    assert taught["canaries"]["max_exposure"] > 10.0
    assert taught["canaries"]["never_planted"]["max"] < 10.0
    assert taught["extraction"]["training"]["tried"] == 12
    assert taught["extraction"]["training"]["extracted"] > 8
    assert taught["extraction"]["held_out"]["extracted"] == 0
    assert taught["extraction"]["beyond_control"] > 4
    assert taught["personal_data"]["in_training"] == {"email": 1}
    assert taught["personal_data"]["leaked"] == {"email": 1}
    assert "mira" not in (place.folder / "report").read_text()


def test_a_model_that_never_saw_them_gives_nothing_away(place: Place) -> None:
    place.model("champion", rare("x", 12), 0.0)
    found = place.probe("harmless")
    assert found["canaries"]["max_exposure"] < 10.0
    assert found["extraction"]["training"]["extracted"] == 0
    assert found["extraction"]["beyond_control"] == 0
    assert found["personal_data"]["leaked"] == {}
    bits = found["forgetting"]["bits_per_byte"]
    assert bits["champion"] == bits["base"]


def test_without_canaries_there_is_no_exposure_and_all_else_is_the_same(
    place: Place, taught: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(place.folder / "champion", ignore_errors=True)
    (place.folder / "tokens" / CANARIES).unlink()
    assert place.probe("taught") == {**taught, "canaries": None}
    assert "trained without any (tokenize.canaries)" in capsys.readouterr().out


def test_a_base_that_knows_nothing_can_have_nothing_forgotten(taught: dict[str, Any]) -> None:
    assert taught["forgetting"]["knows"]["base"] is False
    assert sorted(taught["forgetting"]["bits_per_byte"]) == ["base", "candidate"]


def test_without_the_training_split_one_line_says_so(place: Place) -> None:
    with pytest.raises(UserError, match=r"^\S*nowhere: is not a whole Parquet table"):
        probe(PARAMS, *([place.folder / "nowhere"] * 8))
