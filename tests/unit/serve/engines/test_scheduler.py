"""Streams join and leave a decoder that checks what it is told to read."""

import asyncio
import random
import threading
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from chatloop.serve.engines.engine import Part
from chatloop.serve.engines.scheduler import EngineError, Scheduler
from chatloop.serve.model import Sampling

VOCABULARY = 50
NO_END: frozenset[int] = frozenset()


class FakeKept:
    """What a row had read, of a byte a token."""

    def __init__(self, ids: list[int]) -> None:
        self.ids, self.bytes = ids, len(ids)


class FakeDecoder:
    """What comes next depends on all that a row has read, and on nothing else."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.read_by: list[list[int]] = [[] for _ in range(rows)]
        self.tokens = 0
        self.go = threading.Event()
        self.go.set()
        self.breaks = False

    def read(self, parts: Sequence[Part]) -> list[np.ndarray]:
        self.go.wait()
        if self.breaks:
            raise RuntimeError("out of memory")
        assert [part.row for part in parts] == list(range(parts[0].row, parts[-1].row + 1))
        return [self._read(part) for part in parts]

    def move(self, source: int, target: int, length: int) -> None:
        self.read_by[target] = self.read_by[source][:length]

    def keep(self, row: int, length: int) -> "FakeKept":
        return FakeKept(self.read_by[row][:length])

    def put(self, kept: "FakeKept", row: int, length: int) -> None:
        self.read_by[row] = kept.ids[:length]

    def _read(self, part: Part) -> np.ndarray:
        assert part.start <= len(self.read_by[part.row])
        before = self.read_by[part.row][: part.start]
        self.read_by[part.row] = ids = [*before, *part.ids]
        self.tokens += len(part.ids)
        ends = range(len(ids) - part.asked + 1, len(ids) + 1)
        return np.array([logits_after(ids[:end]) for end in ends])


class FakeLone:
    """The same answers, one stream at a time; after the first token it waits to go on."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()

    def run(self, prompt: Sequence[int], most: int, drawn: Callable[[int], bool]) -> None:
        ids = list(prompt)
        for _ in range(most):
            ids.append(int(np.argmax(logits_after(ids))))
            if drawn(ids[-1]):
                return
            self.go.wait()


def logits_after(ids: Sequence[int]) -> np.ndarray:
    told = sum((place + 1) * token for place, token in enumerate(ids)) * 1000 + len(ids)
    return ((told * (2 * np.arange(VOCABULARY) + 1)) % 997 / 100).astype(np.float32)


def expected(prompt: Sequence[int], count: int) -> list[int]:
    ids = list(prompt)
    for _ in range(count):
        ids.append(int(np.argmax(logits_after(ids))))
    return ids[len(prompt) :]


async def collect(engine: Scheduler, prompt: Sequence[int], wish: Sampling) -> list[int]:
    return [draw.id async for draw in engine.stream(prompt, wish, NO_END)]


@pytest.mark.parametrize("lone", [False, True])
def test_each_stream_gets_its_own_answer_whoever_is_there(lone: bool) -> None:
    engine = Scheduler(lambda: (FakeDecoder(4), FakeLone() if lone else None))
    chance = random.Random(1)
    asked = [
        ([chance.randrange(VOCABULARY) for _ in range(chance.choice([1, 5, 300]))], n)
        for n in (1, 2, 7, 30, 4, 12, 1, 9, 25, 3)
    ]

    async def main() -> list[list[int]]:
        first = await collect(engine, asked[0][0], Sampling(max_tokens=asked[0][1]))
        tasks = [collect(engine, prompt, Sampling(max_tokens=n)) for prompt, n in asked[1:]]
        return [first, *await asyncio.gather(*tasks)]

    assert asyncio.run(main()) == [expected(prompt, n) for prompt, n in asked]
    assert (engine.active, engine.waiting) == (0, 0)
    engine.close()


def test_the_same_seed_is_the_same_answer_alone_and_in_company() -> None:
    engine = Scheduler(lambda: (FakeDecoder(8), None))
    wish = Sampling(max_tokens=20, temperature=1.0, top_p=0.9, seed=11)

    async def main() -> None:
        alone = await collect(engine, [1, 2, 3], wish)
        company = [Sampling(max_tokens=n, temperature=2.0) for n in (3, 15, 40)]
        together = await asyncio.gather(
            *(collect(engine, [4], other) for other in company), collect(engine, [1, 2, 3], wish)
        )
        assert together[-1] == alone

    asyncio.run(main())
    engine.close()


def test_a_token_that_ends_is_the_last() -> None:
    engine = Scheduler(lambda: (FakeDecoder(2), None))
    answer = expected([5], 10)

    async def main() -> list[int]:
        stream = engine.stream([5], Sampling(max_tokens=10), frozenset({answer[4]}))
        return [draw.id async for draw in stream]

    assert asyncio.run(main()) == answer[: answer.index(answer[4]) + 1]
    engine.close()


@pytest.mark.parametrize("lone", [False, True])
def test_a_thousand_clients_that_go_away_leave_no_slot_taken(lone: bool) -> None:
    engine = Scheduler(lambda: (FakeDecoder(4), FakeLone() if lone else None))
    chance = random.Random(7)

    async def visit(number: int) -> None:
        wish = Sampling(max_tokens=40, temperature=chance.choice([0.0, 1.0]), seed=number)
        stream = engine.stream([number % VOCABULARY] * chance.choice([1, 200]), wish, NO_END)
        for _ in range(chance.randrange(6)):
            if await anext(stream, None) is None:
                break
        await stream.aclose()

    async def main() -> list[int]:
        for first in range(0, 1000, 50):
            tasks = [asyncio.create_task(visit(n)) for n in range(first, first + 50)]
            for task in chance.sample(tasks, 10):
                await asyncio.sleep(0)
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert (engine.active, engine.waiting) == (0, 0)
        return await collect(engine, [3], Sampling(max_tokens=5))

    assert asyncio.run(main()) == expected([3], 5)
    engine.close()


def test_who_waits_gets_the_row_of_who_left_with_the_next_step() -> None:
    decoder = FakeDecoder(1)
    engine = Scheduler(lambda: (decoder, None))

    async def main() -> None:
        holder = engine.stream([1], Sampling(max_tokens=10_000), NO_END)
        await anext(holder)
        waiting = asyncio.create_task(collect(engine, [2], Sampling(max_tokens=2)))
        await asyncio.sleep(0)
        assert (engine.active, engine.waiting) == (1, 1)
        await holder.aclose()
        assert engine.active == 0
        assert await waiting == expected([2], 2)

    asyncio.run(main())
    engine.close()


def test_a_lone_stream_goes_on_in_a_row_when_somebody_comes() -> None:
    lone, decoder = FakeLone(), FakeDecoder(2)
    engine = Scheduler(lambda: (decoder, lone))

    async def main() -> None:
        lone.go.clear()
        first = engine.stream([1], Sampling(max_tokens=60), NO_END)
        got = [(await anext(first)).id]
        second = asyncio.create_task(collect(engine, [2], Sampling(max_tokens=20)))
        await asyncio.sleep(0)
        lone.go.set()
        got += [draw.id async for draw in first]
        assert await second == expected([2], 20)
        assert got == expected([1], 60)

    asyncio.run(main())
    assert decoder.read_by[0][:1] in ([1], [2])  # it went on in a row
    engine.close()


def test_a_step_that_fails_is_said_and_the_next_stream_runs() -> None:
    decoder = FakeDecoder(2)
    engine = Scheduler(lambda: (decoder, None))

    async def main() -> None:
        decoder.breaks = True
        with pytest.raises(EngineError, match="out of memory"):
            await collect(engine, [1], Sampling(max_tokens=5))
        decoder.breaks = False
        assert await collect(engine, [1], Sampling(max_tokens=5)) == expected([1], 5)

    asyncio.run(main())
    engine.close()


def test_a_closed_engine_ends_its_streams_and_takes_no_more() -> None:
    engine = Scheduler(lambda: (FakeDecoder(1), None))

    async def main() -> None:
        running = asyncio.create_task(collect(engine, [1], Sampling(max_tokens=10**6)))
        waiting = asyncio.create_task(collect(engine, [2], Sampling(max_tokens=10**6)))
        await asyncio.sleep(0)
        engine.close()
        for task in (running, waiting):
            with pytest.raises(EngineError):
                await task
        with pytest.raises(EngineError):
            await collect(engine, [1], Sampling())

    asyncio.run(main())


def test_a_decoder_is_made_in_the_thread_that_runs_it() -> None:
    threads: list[threading.Thread] = []

    class Watching(FakeDecoder):
        def read(self, parts: Sequence[Part]) -> list[np.ndarray]:
            threads.append(threading.current_thread())
            return super().read(parts)

    def make() -> tuple[FakeDecoder, None]:
        threads.append(threading.current_thread())
        return Watching(2), None

    engine = Scheduler(make)
    asyncio.run(collect(engine, [1], Sampling(max_tokens=3)))
    assert len(threads) > 1
    assert set(threads) == {engine._thread}
    engine.close()


def test_what_cannot_be_made_is_said_to_whoever_asked_for_it() -> None:
    def make() -> tuple[FakeDecoder, None]:
        raise ValueError("weights are missing")

    with pytest.raises(ValueError, match="weights are missing"):
        Scheduler(make)
