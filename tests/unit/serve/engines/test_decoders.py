"""Rows of a decoder, CTranslate2 and transformers say the same, for every shape that they know."""

import asyncio
import importlib.util
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from chatloop.errors import UserError
from chatloop.params.serving import EngineParams
from chatloop.serve.engines.engine import Engine, Part
from chatloop.serve.engines.rows.head import LikeliestHead
from chatloop.serve.loading import building
from chatloop.serve.loading.building import engine_of
from chatloop.serve.model import Sampling

SMALL = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 256, "bos_token_id": None,
}  # fmt: skip
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "gpt2": ("GPT2", {"n_positions": 256, "n_embd": 32, "n_layer": 2, "n_head": 2}),
    "llama": ("Llama", SMALL),
    "llama tied": ("Llama", SMALL | {"tie_word_embeddings": True}),
    "mistral": ("Mistral", SMALL | {"sliding_window": 8}),
    "wide mistral": ("Mistral", SMALL | {"sliding_window": None}),
    "qwen2": ("Qwen2", SMALL),
    "qwen3": ("Qwen3", SMALL),
    "gemma": ("Gemma", SMALL),
    "gemma2": ("Gemma2", SMALL | {"sliding_window": 8}),
    "gemma3": ("Gemma3Text", SMALL | {"sliding_window": 8, "num_hidden_layers": 6}),
    "neox": ("GPTNeoX", {k: v for k, v in SMALL.items() if k != "num_key_value_heads"}),
}  # fmt: skip


def made(name: str, tokenizer: Any) -> Any:
    """A model of that shape with random weights large enough for answers that differ."""
    kind, settings = SHAPES[name]
    marks = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = getattr(transformers, f"{kind}Config")(vocab_size=len(tokenizer), **settings, **marks)
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    for weight in model.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.3)
    return model


def prompts(count: int, vocabulary: int) -> list[list[int]]:
    chance = random.Random(5)
    return [
        [chance.randrange(vocabulary) for _ in range(chance.randint(1, 40))] for _ in range(count)
    ]


def greedy(model: Any, prompt: Sequence[int], count: int) -> list[int]:
    """By transformers itself."""
    ids = torch.tensor([prompt])
    found = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=count, do_sample=False
    )
    return found[0, len(prompt) :].tolist()


def answers(engine: Engine, asked: list[list[int]], wish: Sampling, end: int) -> list[list[int]]:
    """All at once."""

    async def one(prompt: list[int]) -> list[int]:
        return [draw.id async for draw in engine.stream(prompt, wish, frozenset({end}))]

    async def main() -> list[list[int]]:
        return list(await asyncio.gather(*map(one, asked)))

    return asyncio.run(main())


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "chatloop" / "converted"


def saved(model: Any, tokenizer: Any, folder: Path) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", SHAPES)
def test_rows_together_answer_as_transformers_does_alone(name: str, chatml: Any) -> None:
    model = made(name, chatml)
    decoder = building._decoder(model, EngineParams(max_streams=4))
    assert type(decoder).__name__ == "RowDecoder"
    assert isinstance(decoder._forward, torch.jit.ScriptModule)
    engine = building.Scheduler(lambda: (decoder, None))
    asked = prompts(6, len(chatml))
    found = answers(engine, asked, Sampling(max_tokens=20), chatml.eos_token_id)
    assert found == [greedy(model, prompt, 20) for prompt in asked]
    engine.close()


@pytest.mark.parametrize("name", ["gpt2", "llama", "wide mistral", "qwen2", "qwen3", "gemma"])
def test_a_lone_stream_by_ctranslate2_answers_as_transformers_does(
    name: str, chatml: Any, tmp_path: Path, cache: Path
) -> None:
    model = made(name, chatml)
    folder = saved(model, chatml, tmp_path / "model")
    engine = engine_of(folder, "content", EngineParams(engine="ctranslate2", max_streams=2))
    assert engine._lone is not None
    for prompt in prompts(4, len(chatml)):
        right = [greedy(model, prompt, 20)]
        assert answers(engine, [prompt], Sampling(max_tokens=20), chatml.eos_token_id) == right
    engine.close()
    assert [path.name.partition("-")[0] for path in cache.iterdir()] == ["content"]


def test_a_hundred_prompts_of_a_real_model_greedy(tinystories: Path, cache: Path) -> None:
    model = transformers.AutoModelForCausalLM.from_pretrained(tinystories).eval()
    engine = engine_of(tinystories, "tinystories", EngineParams(max_streams=16))
    asked = [[1, *prompt] for prompt in prompts(100, 512)]
    right = [greedy(model, prompt, 16) for prompt in asked]
    assert answers(engine, asked, Sampling(max_tokens=16), model.config.eos_token_id) == right
    alone = [
        answers(engine, [prompt], Sampling(max_tokens=16), model.config.eos_token_id)[0]
        for prompt in asked
    ]
    assert alone == right
    engine.close()


def test_in_int8_nobodys_numbers_depend_on_who_stands_beside_them(chatml: Any) -> None:
    params = EngineParams(quantization="int8", max_streams=3)
    decoder = building._decoder(made("llama", chatml), params)
    asked = Part(0, 0, (5, 6, 7))
    (alone,) = decoder.read([asked])
    again, _ = decoder.read([asked, Part(1, 0, tuple(range(60)))])
    np.testing.assert_allclose(again, alone, rtol=1e-4, atol=1e-4)
    beside, _ = decoder.read([Part(0, 3, (8,)), Part(1, 60, (9,))])
    decoder.read([asked])
    np.testing.assert_allclose(decoder.read([Part(0, 3, (8,))])[0], beside, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_the_likeliest_token_is_found_without_the_whole_head(seed: int) -> None:
    torch.manual_seed(seed)
    weight, rows = torch.randn(3000, 48), torch.randn(1, 9, 48)
    weight[::7] *= 8.0  # some tokens' weights, and some activations, are far larger than others
    rows[..., seed] *= 30.0
    weight[5] = weight[2999] = weight[8] * 1.0001
    bias = torch.randn(3000) if seed % 2 else None
    right = torch.nn.functional.linear(rows, weight, bias)
    with torch.inference_mode():
        found = LikeliestHead(weight, bias)(rows)
    assert torch.equal(found.argmax(-1), right.argmax(-1))
    torch.testing.assert_close(found.amax(-1), right.amax(-1))


def test_a_step_reads_the_whole_head_only_where_somebody_needs_it(chatml: Any) -> None:
    decoder = building._decoder(made("llama", chatml), EngineParams(max_streams=2))
    whole, part = (
        decoder.read([Part(0, 0, (5, 6, 7), 2, likeliest)])[0] for likeliest in (False, True)
    )
    assert np.array_equal(whole.argmax(-1), part.argmax(-1))
    both = decoder.read([Part(0, 0, (5, 6, 7), 2, True), Part(1, 0, (5, 6, 7), 2)])
    np.testing.assert_allclose(both[0], whole, rtol=1e-4, atol=1e-4)


def test_a_model_that_makes_its_own_cache_is_run_row_by_row(
    chatml: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(building, "_in_rows", lambda *_: None)
    model = made("mistral", chatml)
    params = EngineParams(max_streams=3)
    engine = building.Scheduler(lambda: (building._decoder(model, params), None))
    asked = prompts(5, len(chatml))
    found = answers(engine, asked, Sampling(max_tokens=12), chatml.eos_token_id)
    assert found == [greedy(model, prompt, 12) for prompt in asked]
    assert "one after the other" in caplog.text
    engine.close()


def test_where_ctranslate2_does_not_know_the_shape_the_log_says_why(
    chatml: Any, tmp_path: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = transformers.GPTNeoConfig(
        vocab_size=len(chatml), hidden_size=32, num_layers=2, num_heads=2, intermediate_size=64,
        attention_types=[[["global", "local"], 1]], max_position_embeddings=128,
        eos_token_id=chatml.eos_token_id, bos_token_id=None,
    )  # fmt: skip
    model = transformers.GPTNeoForCausalLM(config).eval()
    folder = saved(model, chatml, tmp_path / "model")
    engine = engine_of(folder, "other", EngineParams(max_streams=2))
    assert "GPTNeoConfig" in caplog.text
    asked = prompts(2, len(chatml))
    found = answers(engine, asked, Sampling(max_tokens=6), chatml.eos_token_id)
    assert found == [greedy(model, prompt, 6) for prompt in asked]
    assert not cache.exists() or not list(cache.iterdir())
    engine.close()


def test_windows_are_left_to_transformers(
    chatml: Any, tmp_path: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = saved(made("mistral", chatml), chatml, tmp_path / "model")
    engine = engine_of(folder, "windows", EngineParams(max_streams=2))
    assert engine._lone is None
    assert "looks at 8 of 256 tokens" in caplog.text
    engine.close()


def test_without_vllm_one_line_says_what_to_install(tmp_path: Path) -> None:
    if importlib.util.find_spec("vllm"):
        pytest.skip("vllm is installed")
    with pytest.raises(UserError, match="chatloop\\[vllm\\]"):
        engine_of(tmp_path, "x", EngineParams(engine="vllm"))
