"""What is guessed, and what is not read again: answers stay what they are."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chatloop.serve.engines.rows.drafting import CREDIT, LONGEST, Drafts
from chatloop.serve.engines.rows.prefixes import LEAST, Prefixes, common
from chatloop.serve.engines.scheduler import Scheduler
from chatloop.serve.model import Sampling
from tests.unit.serve.engines.test_scheduler import NO_END, VOCABULARY, FakeDecoder, FakeKept

TOKENS = st.lists(st.integers(0, 3), max_size=40)


class Parrot(FakeDecoder):
    """What comes next is what came seven places before, most of the time."""

    def _read(self, part: Any) -> np.ndarray:
        super()._read(part)
        ids = self.read_by[part.row]
        return np.stack(
            [parroted(ids[:end]) for end in range(len(ids) - part.asked + 1, len(ids) + 1)]
        )


def parroted(ids: Sequence[int]) -> np.ndarray:
    logits = np.linspace(0, 1, VOCABULARY, dtype=np.float32)
    logits[ids[-7] if len(ids) >= 7 and sum(ids) % 11 else len(ids) % VOCABULARY] = 3.0
    return logits


def answers(
    engine: Scheduler, asked: list[tuple[list[int], Sampling]], held: FakeDecoder | None = None
) -> list[list[Any]]:
    """All at once; a decoder that was held reads when all have asked."""

    async def one(prompt: list[int], wish: Sampling) -> list[Any]:
        return [draw async for draw in engine.stream(prompt, wish, NO_END)]

    async def main() -> list[list[Any]]:
        tasks = [asyncio.create_task(one(*each)) for each in asked]
        await asyncio.sleep(0)
        if held is not None:
            held.go.set()
        return list(await asyncio.gather(*tasks))

    return asyncio.run(main())


def of_all_kinds() -> list[tuple[list[int], Sampling]]:
    """Prompts with all sorts of settings."""
    chance = random.Random(3)
    return [
        (
            [chance.randrange(9) for _ in range(chance.randint(1, 30))],
            Sampling(
                max_tokens=chance.randint(1, 60),
                temperature=chance.choice([0.0, 0.3, 1.0]),
                frequency_penalty=chance.choice([0.0, 0.2]),
                repetition_penalty=chance.choice([1.0, 1.1]),
                top_logprobs=chance.choice([None, 2]),
                seed=number,
            ),
        )
        for number in range(24)
    ]


def test_drafts_change_no_answer_whatever_the_settings() -> None:
    asked = of_all_kinds()
    found = []
    for drafts in (False, True):
        decoder = Parrot(6)
        engine = Scheduler(lambda decoder=decoder: (decoder, None), drafts=drafts)
        found.append(answers(engine, asked))
        engine.close()
    assert found[0] == found[1]
    assert [len(answer) for answer in found[1]] == [wish.max_tokens for _, wish in asked]


def test_text_that_repeats_itself_takes_fewer_steps() -> None:
    decoder = Parrot(1)
    decoder.steps = 0
    read = decoder.read

    def counted(parts: Any) -> Any:
        decoder.steps += 1
        return read(parts)

    decoder.read = counted  # type: ignore[method-assign]
    engine = Scheduler(lambda: (decoder, None))
    answers(engine, [([1, 2, 3, 4, 5, 6, 7], Sampling(max_tokens=100))])
    assert decoder.steps < 60
    engine.close()


@given(TOKENS, st.integers(0, 20))
def test_a_draft_is_what_followed_the_same_three_tokens_the_last_time(
    ids: list[int], most: int
) -> None:
    draft = Drafts(ids).guess(most)
    assert len(draft) <= min(most, LONGEST, CREDIT)
    if not draft:
        return
    starts = [at for at in range(3, len(ids)) if ids[at - 3 : at] == ids[-3:]]
    follows = [*ids, *draft]
    assert list(draft) == follows[starts[-1] : starts[-1] + len(draft)]


def test_guesses_that_are_wrong_end_and_are_tried_again_later() -> None:
    drafts = Drafts([1, 2, 3, 4] * 3)
    for _ in range(4):
        drafts.trust.judge(len(drafts.guess(8)), 0)
    assert not drafts.guess(8)
    for _ in range(16):
        drafts.trust.judge(0, 0)
    assert drafts.guess(8)
    drafts.trust.judge(1, 1)
    assert len(drafts.guess(8)) > 1


@given(TOKENS, TOKENS)
def test_the_common_beginning(one: list[int], other: list[int]) -> None:
    length = common(tuple(one), tuple(other))
    assert one[:length] == other[:length]
    assert one[length : length + 1] != other[length : length + 1] or length == len(one)


def test_a_conversation_that_goes_on_is_not_read_again() -> None:
    decoder = FakeDecoder(2)
    engine = Scheduler(lambda: (decoder, None), prefix_bytes=10_000)
    turn = list(range(30))
    (first,) = answers(engine, [(turn, Sampling(max_tokens=10))])
    before = decoder.tokens
    longer = [*turn, *(draw.id for draw in first), 3, 1, 4]
    fresh = Scheduler(lambda: (FakeDecoder(2), None))
    wish = Sampling(max_tokens=5, temperature=1.0, seed=3)
    assert answers(engine, [(longer, wish)]) == answers(fresh, [(longer, wish)])
    assert decoder.tokens - before < 15
    engine.close()
    fresh.close()


def test_choices_of_one_prompt_read_it_once() -> None:
    decoder = FakeDecoder(8)
    decoder.go.clear()
    engine = Scheduler(lambda: (decoder, None))
    prompt = [number % VOCABULARY for number in range(200)]
    asked = [(prompt, Sampling(max_tokens=3, temperature=1.0, seed=seed)) for seed in range(8)]
    found = answers(engine, asked, decoder)
    assert decoder.tokens < 300
    assert found == [answers(engine, [one])[0] for one in asked]
    engine.close()


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    prefixes = Prefixes(100)
    rows = [tuple(range(first, first + 40)) for first in (0, 100, 200)]
    for ids in rows[:2]:
        assert prefixes.fits(ids)
        prefixes.add(ids, FakeKept(list(ids)))
    assert prefixes.find((*rows[0], 7))[0] == 40
    assert not prefixes.fits(rows[0][:30])
    prefixes.add(rows[2], FakeKept(list(rows[2])))
    assert [prefixes.find(ids)[0] for ids in rows] == [40, 0, 40]
    longer = (*rows[2], 1, 2)
    prefixes.add(longer, FakeKept(list(longer)))
    assert prefixes.bytes == 82
    assert prefixes.find(rows[0][: LEAST - 1]) == (0, None)
    assert not Prefixes(0).fits(rows[0])
