"""A folder as the train stage saves it, loaded and asked."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.params.serving import EngineParams
from chatloop.serve.loading import models_of
from chatloop.serve.loading.version import LoadedModel, defaults_of, load
from chatloop.serve.model import NoModelError, Sampling

PARAMS = EngineParams(engine="transformers", max_streams=4)


@pytest.fixture
def folder(tmp_path: Path, small_model: Any, chatml: Any) -> Path:
    small_model.save_pretrained(tmp_path / "model")
    chatml.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def text(model: LoadedModel, wish: Sampling) -> str:
    async def main() -> str:
        prompt = model.prompt([Message("user", "where is my order")])
        return "".join([piece.text async for piece in model.stream(prompt, wish)])

    return asyncio.run(main())


def test_the_same_seed_is_the_same_answer(folder: Path) -> None:
    model = load(folder, "3", PARAMS)
    wish = Sampling(max_tokens=20, temperature=1.5, seed=5)
    assert text(model, wish) == text(model, wish)
    assert model.version == "3"
    assert model.context == 128


def test_the_fingerprint_is_of_version_and_template(folder: Path, chatml: Any) -> None:
    first = load(folder, "3", PARAMS)
    assert load(folder, "4", PARAMS).fingerprint == first.fingerprint
    settings = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps(settings | {"max_new_tokens": 7}))
    other = load(folder, "3", PARAMS)
    assert other.fingerprint != first.fingerprint
    assert other.defaults.max_tokens == 7


def test_defaults_are_the_versions_own() -> None:
    assert defaults_of({}, 384) == Sampling(max_tokens=384)
    assert defaults_of({"temperature": 0.3}, 9999).temperature == 0.0
    sampled = {"do_sample": True, "top_k": 40, "top_p": 0.9, "repetition_penalty": 1.1}
    found = defaults_of(sampled, 9999)
    assert found == Sampling(
        max_tokens=1024, temperature=1.0, top_k=40, top_p=0.9, repetition_penalty=1.1
    )


def test_an_answer_ends_where_the_context_does(folder: Path, chatml: Any) -> None:
    model = load(folder, "3", PARAMS)

    async def tokens(prompt: list[int]) -> int:
        wish = Sampling(max_tokens=500, logit_bias={chatml.eos_token_id: -100.0})
        return sum([len(piece.tokens) async for piece in model.stream(prompt, wish)])

    assert asyncio.run(tokens([5] * 100)) == 28
    with pytest.raises(UserError, match="128 tokens; version 3 can look at 128"):
        model.stream([5] * 128, Sampling())
    assert model.encode("")


def test_a_bias_for_a_token_that_the_version_does_not_have_is_refused(folder: Path) -> None:
    model = load(folder, "3", PARAMS)
    for token in (-1, 999_999):
        with pytest.raises(UserError, match=f"logit_bias: version 3 has tokens .* no {token}"):
            model.stream([5], Sampling(logit_bias={token: 1.0}))


def test_a_folder_is_pinned_and_served(folder: Path) -> None:
    models = models_of("chatloop", str(folder), PARAMS)
    models.look()
    assert models.choose("anna").version == "model"
    models.close()


def test_a_broken_folder_is_said(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"not a tensor")
    models = models_of("chatloop", str(folder), PARAMS)
    models.look()
    with pytest.raises(NoModelError, match="cannot be loaded as a language model"):
        models.choose("anna")
