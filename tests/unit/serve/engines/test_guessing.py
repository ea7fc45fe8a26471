"""A quicker copy is asked first: fewer steps, and answers stay what they are."""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from chatloop.params.serving import EngineParams
from chatloop.serve.engines.engine import Part
from chatloop.serve.engines.guessing import AHEAD
from chatloop.serve.engines.scheduler import Scheduler
from chatloop.serve.loading import building, comparing
from chatloop.serve.model import Sampling
from tests.unit.serve.engines.test_decoders import answers as answered
from tests.unit.serve.engines.test_decoders import greedy, made, prompts
from tests.unit.serve.engines.test_reading_less import Parrot, answers, of_all_kinds


class Glancer(Parrot):
    """Its copy says the same but for some noise, and something else every so often."""

    def __init__(self, rows: int, ahead: int, wrong_every: int = 5) -> None:
        super().__init__(rows)
        self.ahead, self.wrong_every = ahead, wrong_every
        self.steps = self.glances = 0

    def read(self, parts: Sequence[Part]) -> list[np.ndarray]:
        self.steps += 1
        return super().read(parts)

    def glance(self, parts: Sequence[Part]) -> list[np.ndarray]:
        self.glances += 1
        found = super().read(parts)
        for part, logits in zip(parts, found, strict=True):
            logits[:] += 0.01 * np.cos(np.arange(logits.shape[-1]))
            if sum(self.read_by[part.row]) % self.wrong_every == 0:
                logits[:] = logits[:, ::-1]
        return found


@pytest.mark.parametrize("wrong_every", [1, 2, 5])
def test_a_copy_changes_no_answer_whatever_the_settings(wrong_every: int) -> None:
    asked, found = of_all_kinds(), []
    for ahead in (0, 6):
        decoder = Glancer(6, ahead, wrong_every)
        engine = Scheduler(lambda decoder=decoder: (decoder, None), drafts=False)
        found.append(answers(engine, asked))
        engine.close()
        assert bool(decoder.glances) is bool(ahead)
    assert found[0] == found[1]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_copy_that_is_mostly_right_spares_steps(temperature: float) -> None:
    decoder = Glancer(2, 1, wrong_every=11)
    engine = Scheduler(lambda: (decoder, None), drafts=False)
    wish = Sampling(max_tokens=120, temperature=temperature, seed=3)
    answers(engine, [([1, 2, 3, 4, 5, 6, 7], wish)])
    assert decoder.steps < 60
    assert decoder.glances > AHEAD
    engine.close()


def test_a_copy_that_is_wrong_is_asked_no_more_and_one_row_too_many_asks_none() -> None:
    decoder = Glancer(2, 1, wrong_every=1)
    engine = Scheduler(lambda: (decoder, None), drafts=False)
    answers(engine, [([1, 2, 3], Sampling(max_tokens=120))])
    assert decoder.glances < 40
    decoder.glances = 0
    decoder.go.clear()
    both = [([1, 2, 3], Sampling(max_tokens=50)), ([1, 2], Sampling(max_tokens=50))]
    answers(engine, both, decoder)
    assert not decoder.glances
    engine.close()


def test_settings_that_leave_nothing_to_draw_end_their_stream_alone() -> None:
    decoder = Glancer(2, 2)
    engine = Scheduler(lambda: (decoder, None), drafts=False)

    async def main() -> list[Any]:
        good = [([1, 2], Sampling(max_tokens=9)), ([3], Sampling(max_tokens=9, temperature=1.0))]
        bad = ([1], Sampling(max_tokens=9, temperature=1.0, logit_bias={3: float("nan")}))

        async def one(prompt: list[int], wish: Sampling) -> int:
            return len([draw async for draw in engine.stream(prompt, wish, frozenset())])

        tasks = [one(*bad), *(one(*each) for each in good)]
        return await asyncio.gather(*tasks, return_exceptions=True)

    failed, *counts = asyncio.run(main())
    assert isinstance(failed, Exception)
    assert counts == [9, 9]
    engine.close()


@pytest.mark.parametrize("name", ["gpt2", "llama tied", "mistral", "gemma3"])
def test_with_an_int8_copy_rows_answer_as_transformers_does_alone(
    name: str, chatml: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "rows_ahead", lambda _: 2)
    monkeypatch.setattr(building, "is_sparing", lambda _: True)
    model = made(name, chatml)
    decoder = building._decoder(model, EngineParams(max_streams=2))
    read = decoder.read
    steps = 0

    def counted(parts: Sequence[Part]) -> Any:
        nonlocal steps
        steps += 1
        return read(parts)

    decoder.read = counted  # type: ignore[method-assign]
    engine = Scheduler(lambda: (decoder, None), drafts=False)
    asked = prompts(6, len(chatml))
    found = answered(engine, asked, Sampling(max_tokens=20), chatml.eos_token_id)
    assert found == [greedy(model, prompt, 20) for prompt in asked]
    assert steps < 60 - 10
    engine.close()


@pytest.mark.parametrize(("glance", "rows"), [(1.0, 4), (2.5, 2), (6.0, 1), (9.0, 0)])
def test_how_many_rows_a_copy_is_worth_its_time_for(
    glance: float, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0

    class Timed:
        rows, ahead = 4, 0

        def read(self, parts: Sequence[Part]) -> None:
            nonlocal now
            now += 20.0 + sum(len(part.ids) for part in parts)

        def glance(self, parts: Sequence[Part]) -> None:
            nonlocal now
            now += glance * (1 + len(parts))

    class Clock:
        @staticmethod
        def perf_counter() -> float:
            return now

    monkeypatch.setattr(comparing, "time", Clock)
    assert comparing.rows_ahead(Timed()) == rows  # type: ignore[arg-type]


@pytest.mark.parametrize(("spared", "sparing"), [(5.0, True), (-5.0, False)])
def test_a_head_is_looked_at_in_int8_first_where_that_spares_time(
    spared: float, sparing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0

    class Timed:
        rows = 2

        def read(self, parts: Sequence[Part]) -> None:
            nonlocal now
            now += 20.0 - spared * all(part.likeliest for part in parts)

    class Clock:
        @staticmethod
        def perf_counter() -> float:
            return now

    monkeypatch.setattr(comparing, "time", Clock)
    assert comparing.is_sparing(Timed()) is sparing  # type: ignore[arg-type]
